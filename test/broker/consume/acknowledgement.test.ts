import { type ConsumerOptions, MatmqError } from 'matmq';
import { describe, expect, it } from 'vitest';
import {
  numbered,
  openConsumer,
  openPair,
  ownQueue,
  type Pair,
  receiveAll,
  receiveTexts,
  sendAll,
  thrown,
} from '../../support/clients.js';

/** What a later consumer of the same queue gets of it: each text, marked when it was delivered before. */
async function left({ exchange, producer }: Pair, options: ConsumerOptions): Promise<string[]> {
  const consumer = await openConsumer({ exchange, ...options, ack: 'manual', prefetch: 0 });
  await producer.send('the end');
  const texts: string[] = [];
  for (;;) {
    const message = await consumer.receive();
    message.ack();
    if (message.text() === 'the end') break;
    texts.push(message.redelivered ? `${message.text()} again` : message.text());
  }
  await consumer.exit();
  return texts;
}

async function filled(options: ConsumerOptions, count: number): Promise<Pair> {
  const pair = await openPair(options);
  await sendAll(pair.producer, numbered(count));
  return pair;
}

describe("with ack 'auto'", () => {
  it('a message is acknowledged when the program comes back for the next', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, prefetch: 3 }, 3);
    expect(await receiveTexts(pair.consumer, 3)).toEqual(numbered(3));
    expect(pair.consumer.stats().acknowledged).toBe(2);
    await pair.consumer[Symbol.asyncDispose]();
    expect(await left(pair, { queue })).toEqual(['2 again']);
  });

  it('the message in hand is acknowledged by exit', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, prefetch: 1 }, 3);
    expect(await receiveTexts(pair.consumer, 2)).toEqual(numbered(2));
    await pair.consumer.exit();
    // It may have been on its way when the consumer left.
    expect((await left(pair, { queue })).map((text) => text[0])).toEqual(['2']);
  });

  it('what was sent ahead and not handed out comes again, in order', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, prefetch: 100 }, 100);
    await receiveAll(pair.consumer, 10);
    await pair.consumer.exit();
    const texts = await left(pair, { queue });
    expect(texts.map((text) => text.replace(' again', ''))).toEqual(numbered(90, 10));
  });

  it('a loop acknowledges each message as it takes the next, and the last at the end of transmission', async () => {
    const queue = ownQueue();
    const pair = await openPair({ queue });
    await sendAll(pair.producer, numbered(5));
    await pair.producer.sendEOT();
    const texts: string[] = [];
    for await (const message of pair.consumer.messages()) texts.push(message.text());
    expect(texts).toEqual(numbered(5));
    expect(pair.consumer.stats().acknowledged).toBe(6);
    await pair.consumer[Symbol.asyncDispose]();
    expect(await left(pair, { queue })).toEqual([]);
  });

  it('a loop that is left keeps its last message until the consumer is done with', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, prefetch: 2 }, 2);
    for await (const message of pair.consumer.messages()) if (message.text() === '1') break;
    await pair.consumer[Symbol.asyncDispose]();
    expect(await left(pair, { queue })).toEqual(['1 again']);
  });

  it('ack() and nack() are refused', async () => {
    const { consumer } = await filled({}, 1);
    const message = await consumer.receive();
    await thrown(() => message.ack(), MatmqError, 'ACK_NOT_MANUAL', "ack 'auto'");
    await thrown(() => message.nack(), MatmqError, 'ACK_NOT_MANUAL', "ack 'auto'");
  });
});

describe("with ack 'manual'", () => {
  it('only what was acknowledged is gone from the queue', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, ack: 'manual', prefetch: 4 }, 4);
    const messages = await receiveAll(pair.consumer, 4);
    expect(messages[2]?.ack()).toBe(true);
    expect(messages[0]?.ack()).toBe(true);
    await pair.consumer.exit();
    expect(await left(pair, { queue })).toEqual(['1 again', '3 again']);
  });

  it('nack gives a message back to the queue, and it comes again', async () => {
    const { consumer } = await filled({ ack: 'manual', prefetch: 1 }, 2);
    const first = await consumer.receive();
    expect([first.text(), first.redelivered]).toEqual(['0', false]);
    expect(first.nack()).toBe(true);
    const again = await consumer.receive();
    expect([again.text(), again.redelivered, again.messageId]).toEqual(['0', true, first.messageId]);
    again.ack();
    expect((await consumer.receive()).text()).toBe('1');
    expect(consumer.stats()).toMatchObject({ acknowledged: 1, rejected: 1, received: 3 });
  });

  it('nack(false) ends a message that has nowhere to go', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, ack: 'manual', prefetch: 2 }, 2);
    const [first] = await receiveAll(pair.consumer, 2);
    first?.nack(false);
    await pair.consumer.exit();
    expect(await left(pair, { queue })).toEqual(['1 again']);
  });

  it('a message is settled once', async () => {
    const { consumer } = await filled({ ack: 'manual' }, 2);
    const [acked, nacked] = await receiveAll(consumer, 2);
    acked?.ack();
    nacked?.nack(false);
    for (const message of [acked, nacked]) {
      await thrown(() => message?.ack(), MatmqError, 'ALREADY_SETTLED', 'cannot ack a message twice');
      await thrown(() => message?.nack(), MatmqError, 'ALREADY_SETTLED', 'cannot nack a message twice');
    }
  });

  it('ack and nack answer false when the consumer is closed', async () => {
    const { consumer } = await filled({ ack: 'manual' }, 2);
    const [one, two] = await receiveAll(consumer, 2);
    await consumer.exit();
    expect(one?.ack()).toBe(false);
    expect(two?.nack()).toBe(false);
    expect(one?.text()).toBe('0');
  });

  it('the end of transmission needs no acknowledgement', async () => {
    const queue = ownQueue();
    const pair = await openPair({ queue, ack: 'manual' });
    await pair.producer.sendEOT();
    const eot = await pair.consumer.receive().catch((error: unknown) => error);
    expect(eot).toMatchObject({ code: 'END_OF_TRANSMISSION', received: { isEot: true } });
    await pair.consumer.exit();
    expect(await left(pair, { queue })).toEqual([]);
  });
});

describe("with ack 'none'", () => {
  it('the broker has forgotten what it sent', async () => {
    const queue = ownQueue();
    const pair = await filled({ queue, ack: 'none' }, 20);
    const first = await pair.consumer.receive();
    expect(first.text()).toBe('0');
    await expect.poll(() => pair.consumer.stats().received).toBe(20);
    await pair.consumer.exit();
    expect(await left(pair, { queue })).toEqual([]);
  });

  it('ack() is refused', async () => {
    const { consumer } = await filled({ ack: 'none' }, 1);
    const message = await consumer.receive();
    await thrown(() => message.ack(), MatmqError, 'ACK_NOT_MANUAL', "ack 'none'");
  });
});

describe('prefetch', () => {
  it.each([1, 5])('of %i is how many messages come unacknowledged', async (prefetch) => {
    const queue = ownQueue();
    const pair = await filled({ queue, ack: 'manual', prefetch }, 20);
    await expect.poll(() => pair.consumer.stats().received).toBe(prefetch);
    // The broker gives a second consumer all that it may not send to the first.
    expect(await left(pair, { queue })).toEqual(numbered(20 - prefetch, prefetch));
    expect(pair.consumer.stats().received).toBe(prefetch);
  });

  it('of 0 sets no bound', async () => {
    const { consumer } = await filled({ queue: ownQueue(), ack: 'manual', prefetch: 0 }, 500);
    expect(await receiveTexts(consumer, 500)).toEqual(numbered(500));
    expect(consumer.stats()).toMatchObject({ received: 500, acknowledged: 0 });
  });

  it('lets the next message come when one is acknowledged', async () => {
    const { consumer } = await filled({ ack: 'manual', prefetch: 2 }, 5);
    const texts: string[] = [];
    for (let i = 0; i < 5; i++) {
      const message = await consumer.receive();
      texts.push(message.text());
      message.ack();
    }
    expect(texts).toEqual(numbered(5));
  });
});
