import { ChannelError, Consumer, Producer } from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import {
  failure,
  numbered,
  openConsumer,
  openPair,
  openProducer,
  ownQueue,
  receiveAll,
  receiveTexts,
  sendAll,
  unique,
} from '../../support/clients.js';

/** Sends the keys as texts, with themselves as keys. */
async function sendKeys(producer: Producer, keys: readonly string[]): Promise<void> {
  for (const routingKey of keys) await producer.send(routingKey, { routingKey });
  await producer.flush();
}

describe('an exchange', () => {
  it('of type direct passes on what has exactly the key', async () => {
    const { producer, consumer } = await openPair({ exchangeType: 'direct' }, { consumer: { routingKey: 'b' } });
    await sendKeys(producer, ['a', 'b', 'b.c', '', 'b']);
    expect(await receiveTexts(consumer, 2)).toEqual(['b', 'b']);
  });

  it('of type fanout passes on everything, to every consumer', async () => {
    const { exchange, producer, consumer } = await openPair({ exchangeType: 'fanout' });
    const other = await openConsumer({ exchange, exchangeType: 'fanout', routingKey: '' });
    await sendKeys(producer, ['a', '', 'c']);
    expect(await receiveTexts(consumer, 3)).toEqual(['a', '', 'c']);
    expect(await receiveTexts(other, 3)).toEqual(['a', '', 'c']);
  });

  it('of type topic passes on what matches the pattern', async () => {
    const consumer = { routingKey: ['camera.*.left', 'alarm.#'] };
    const { producer, consumer: left } = await openPair({ exchangeType: 'topic' }, { consumer });
    await sendKeys(producer, [
      'camera.1.left',
      'camera.1.right',
      'alarm',
      'alarm.fire.3',
      'camera.left',
      'camera.2.left',
    ]);
    expect(await receiveTexts(left, 4)).toEqual(['camera.1.left', 'alarm', 'alarm.fire.3', 'camera.2.left']);
  });

  it('of type headers passes on everything to a binding that names no header', async () => {
    const { producer, consumer } = await openPair({ exchangeType: 'headers' });
    await producer.send('x', { properties: { headers: { format: 'png' } } });
    expect((await consumer.receive()).properties.headers).toMatchObject({ format: 'png' });
  });

  it('with no name reaches a queue by its name', async () => {
    const { consumer } = await openPair();
    const producer = await openProducer({ exchange: '', routingKey: consumer.queueName });
    await producer.send('straight');
    const message = await consumer.receive();
    expect([message.text(), message.exchange, message.routingKey]).toEqual(['straight', '', consumer.queueName]);
  });

  it('is durable when asked to be', async () => {
    const exchange = unique('exchange');
    await openProducer({ exchange, durable: true });
    await openConsumer({ exchange, durable: true });
    await failure(
      Producer.connect({ url: inject('brokerUrl'), exchange }),
      ChannelError,
      'PRECONDITION_FAILED',
      exchange,
      "inequivalent arg 'durable'",
    );
  });

  it('that exists is used with declare: false, whatever its durability', async () => {
    const exchange = unique('exchange');
    await openProducer({ exchange, exchangeType: 'topic', durable: true });
    const { producer, consumer } = await openPair({ exchange, exchangeType: 'topic', declare: false });
    await producer.send('x');
    expect((await consumer.receive()).text()).toBe('x');
  });
});

describe('routing keys', () => {
  it('of a producer are used for every message that says no other', async () => {
    const { producer, consumer } = await openPair(
      {},
      { producer: { routingKey: 'mine' }, consumer: { routingKey: ['mine', 'other'] } },
    );
    await producer.send('1');
    await producer.send('2', { routingKey: 'other' });
    await producer.sendEOT(1, { routingKey: 'other' });
    const messages = await receiveAll(consumer, 2);
    expect(messages.map(({ routingKey }) => routingKey)).toEqual(['mine', 'other']);
    await expect(consumer.receive()).rejects.toMatchObject({ received: { routingKey: 'other' } });
  });

  it('of a consumer all bind its queue', async () => {
    const { exchange, producer, consumer } = await openPair({}, { consumer: { routingKey: ['a', 'b', 'ü'] } });
    await sendKeys(producer, ['a', 'no', 'ü', 'b']);
    const messages = await receiveAll(consumer, 3);
    expect(messages.map(({ routingKey }) => routingKey)).toEqual(['a', 'ü', 'b']);
    expect(messages[0]?.exchange).toBe(exchange);
  });

  it('may be as long as AMQP allows', async () => {
    const routingKey = 'ü'.repeat(127);
    const { producer, consumer } = await openPair({}, { producer: { routingKey }, consumer: { routingKey } });
    await producer.send('x');
    expect((await consumer.receive()).routingKey).toBe(routingKey);
  });
});

describe('a queue', () => {
  it('of no name is gone with its consumer', async () => {
    const { consumer } = await openPair();
    const { queueName } = consumer;
    expect(queueName).toMatch(/^amq\.gen-/);
    await consumer.exit();
    const url = inject('brokerUrl');
    await failure(
      Consumer.connect({ url, exchange: '', declare: false, queue: { name: queueName } }),
      ChannelError,
      'NOT_FOUND',
      queueName,
    );
  });

  it('with a name keeps what comes while nobody is there', async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue });
    expect(consumer.queueName).toBe(queue.name);
    await consumer.exit();
    await sendAll(producer, numbered(50));
    const later = await openConsumer({ exchange, queue });
    expect(await receiveTexts(later, 50)).toEqual(numbered(50));
  });

  it('is shared by consumers, each message for one of them', async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue, prefetch: 1 });
    const other = await openConsumer({ exchange, queue, prefetch: 1 });
    await sendAll(producer, numbered(2));
    const texts = [(await consumer.receive()).text(), (await other.receive()).text()];
    expect(texts.sort()).toEqual(numbered(2));
  });

  it('that is not durable is another than the durable one', async () => {
    const queue = ownQueue({ durable: false });
    const { exchange } = await openPair({ queue });
    await failure(
      Consumer.connect({ url: inject('brokerUrl'), exchange, queue: { ...queue, durable: true } }),
      ChannelError,
      'PRECONDITION_FAILED',
      queue.name,
      "inequivalent arg 'durable'",
    );
  });

  it('of type quorum holds messages like any other', async () => {
    const { producer, consumer } = await openPair({ queue: ownQueue({ type: 'quorum' }), persistent: true });
    await sendAll(producer, numbered(20));
    expect(await receiveTexts(consumer, 20)).toEqual(numbered(20));
  });

  it('of type stream is read by each consumer from where that one says', async () => {
    const queue = { name: unique('stream'), type: 'stream' } as const;
    const { exchange, producer, consumer } = await openPair({ queue, ack: 'manual' });
    const other = await openConsumer({ exchange, queue, ack: 'manual' });
    await sendAll(producer, numbered(20));
    for (const reader of [consumer, other]) {
      for (const text of numbered(20)) {
        const message = await reader.receive();
        expect(message.text()).toBe(text);
        expect(message.ack()).toBe(true);
      }
    }
  });

  it('has the arguments it was given', async () => {
    const queue = ownQueue({ arguments: { 'x-max-length': 3, 'x-overflow': 'drop-head' } });
    const { exchange, producer, consumer } = await openPair({ queue });
    await consumer.exit();
    await sendAll(producer, numbered(10));
    const later = await openConsumer({ exchange, queue });
    expect(await receiveTexts(later, 3)).toEqual(['7', '8', '9']);
  });

  it('that exists is used with declare: false, its bindings included', async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue }, { consumer: { routingKey: 'k' } });
    await consumer.exit();
    const later = await openConsumer({ exchange, declare: false, queue: { name: queue.name } });
    await producer.send('x', { routingKey: 'k' });
    expect((await later.receive()).text()).toBe('x');
  });

  it('sends dead letters to the exchange that its arguments name', async () => {
    const dead = await openPair({ exchangeType: 'fanout' });
    const queue = ownQueue({ arguments: { 'x-dead-letter-exchange': dead.exchange } });
    const { producer, consumer } = await openPair({ queue, ack: 'manual' });
    await sendAll(producer, ['poison', 'food']);
    const message = await consumer.receive();
    expect(message.nack(false)).toBe(true);
    const letter = await dead.consumer.receive();
    expect([letter.text(), letter.messageId]).toEqual(['poison', message.messageId]);
    expect(letter.properties.headers?.['x-death']).toMatchObject([{ queue: queue.name, reason: 'rejected', count: 1 }]);
    expect((await consumer.receive()).text()).toBe('food');
  });
});
