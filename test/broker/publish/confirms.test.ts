// A broker that is alive and takes no messages, which a real one cannot be made to be.
import { type ConnectionError, Producer, type ProducerOptions } from 'matmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure } from '../../support/clients.js';
import {
  type Conversation,
  FakeBroker,
  type FakeBrokerOptions,
  NOWHERE,
  type Published,
} from '../../support/fake/broker.js';
import { bodyFrame, Fields, FRAME, frame, methodFrame } from '../../support/fake/frames.js';

const LIMIT = 200;

const answer = (conversation: Conversation, name: 'basic.ack' | 'basic.nack', tag: number) =>
  conversation.send([methodFrame(1, name, new Fields().longlong(tag).octet(0))], name);

/** A message of one byte comes back. */
const returned = ({ header }: Published) => [
  methodFrame(1, 'basic.return', new Fields().short(312).shortstr('NO_ROUTE').shortstr('exchange').shortstr(NOWHERE)),
  frame(FRAME.header, 1, header),
  bodyFrame(Buffer.from('b')),
];

async function open(broker: FakeBrokerOptions, options: ProducerOptions = {}) {
  const fake = await FakeBroker.start(broker);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const producer = await Producer.connect({ url: fake.url, reconnect: { initialDelay: 1 }, ...options });
  onTestFinished(() => producer.exit());
  const losses: ConnectionError[] = [];
  producer.on('disconnected', ({ error }) => losses.push(error as ConnectionError));
  return { fake, producer, losses };
}

/** Answers the messages of the first connections, then those of the others. */
const first = (
  connections: number,
  toThem: (published: Published, conversation: Conversation) => void,
): FakeBrokerOptions => ({
  onPublish(published, conversation) {
    if (conversation.number <= connections) toThem(published, conversation);
    else answer(conversation, 'basic.ack', published.tag);
  },
});

const neither = () => {};

describe('a broker that answers heartbeats and confirms nothing', () => {
  it('is left after confirmTimeout, and gets the messages again, with the same ids and in order', async () => {
    const headers: Buffer[][] = [[], []];
    const { fake, producer, losses } = await open(
      {
        onPublish(published, conversation) {
          headers[conversation.number - 1]?.push(published.header);
          if (conversation.number > 1) answer(conversation, 'basic.ack', published.tag);
        },
      },
      { confirmTimeout: LIMIT },
    );
    const receipts = [await producer.send('a'), await producer.send('b')];
    await Promise.all(receipts.map(({ confirmed }) => confirmed));
    expect(losses.map(({ code }) => code)).toEqual(['CONFIRM_TIMEOUT']);
    expect(losses[0]?.message).toMatch(/to confirm the oldest message within 0.2 s \(confirmTimeout\) but it did not/);
    expect(headers[1]).toEqual(headers[0]);
    expect(fake.connections).toBe(2);
    expect(producer.stats()).toMatchObject({ confirmed: 2, resent: 2, pendingMessages: 0 });
  });

  it('of one message, while it confirms those behind it, is left as well: that one is sent again', async () => {
    const { producer, losses } = await open(
      first(1, ({ tag }, conversation) => {
        if (tag > 1) answer(conversation, 'basic.ack', tag);
      }),
      { confirmTimeout: LIMIT },
    );
    const { confirmed } = await producer.send('a');
    while (losses.length === 0) await (await producer.send('b')).confirmed;
    await confirmed;
    expect(losses.map(({ code }) => code)).toEqual(['CONFIRM_TIMEOUT']);
    expect(producer.stats().resent).toBeLessThanOrEqual(2);
  });

  it('gets twice the time on each connection', async () => {
    const { producer, losses } = await open(first(3, neither), { confirmTimeout: LIMIT / 4 });
    await (await producer.send('a')).confirmed;
    expect(losses.map(({ message }) => /within ([\d.]+) s/.exec(message)?.[1])).toEqual(['0.05', '0.1', '0.2']);
  });

  it('is the end where reconnecting is off: what waits is NOT_CONFIRMED', async () => {
    const { producer } = await open(first(1, neither), { confirmTimeout: LIMIT, reconnect: false });
    const { confirmed } = await producer.send('a');
    await expect(confirmed).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    await expect(producer.send('b')).rejects.toMatchObject({ name: 'ConnectionError', code: 'CONFIRM_TIMEOUT' });
  });

  it('is waited for while it is blocked', async () => {
    const blocked = methodFrame(0, 'connection.blocked', new Fields().shortstr('low on memory'));
    const unblocked = methodFrame(0, 'connection.unblocked');
    let message: [Published, Conversation] | undefined;
    const { producer, losses } = await open(
      {
        onPublish(...published) {
          message = published;
          published[1].send([blocked], 'connection.blocked');
        },
      },
      { confirmTimeout: LIMIT },
    );
    const isBlocked = new Promise((resolve) => producer.once('blocked', resolve));
    const { confirmed } = await producer.send('a');
    await isBlocked;
    // Nothing must happen for as long as it would take otherwise.
    await new Promise((resolve) => setTimeout(resolve, 3 * LIMIT));
    const [published, conversation] = message as NonNullable<typeof message>;
    conversation.send([unblocked], 'connection.unblocked');
    answer(conversation, 'basic.ack', published.tag);
    await confirmed;
    expect(losses).toEqual([]);
  });

  it('is never left with confirmTimeout: 0, nor with confirm: false', async () => {
    for (const options of [{ confirmTimeout: 0 }, { confirm: false, confirmTimeout: 1 }]) {
      const { fake, producer, losses } = await open(first(1, neither), options);
      await producer.send('a');
      await new Promise((resolve) => setTimeout(resolve, LIMIT));
      expect({ losses, connections: fake.connections }).toEqual({ losses: [], connections: 1 });
    }
  });
});

describe('a message that is on its way for longer than confirmTimeout', () => {
  const BODY = Buffer.alloc(16 * 1024 * 1024);

  it('is no reason to leave as long as it moves', async () => {
    let received = 0;
    const { producer, losses } = await open(
      {
        // Some 3 MB a second for the first half.
        onConnection: ({ socket }) =>
          socket.on('data', (chunk) => {
            received += chunk.length;
            if (received > BODY.length / 2) return;
            socket.pause();
            setTimeout(() => socket.resume(), 20);
          }),
        heartbeat: 0,
      },
      { confirmTimeout: 5 * LIMIT },
    );
    const began = performance.now();
    await (await producer.send(BODY)).confirmed;
    expect(performance.now() - began).toBeGreaterThan(10 * LIMIT);
    expect(losses).toEqual([]);
  });

  it('is one when it does not move any more', async () => {
    const { producer, losses } = await open(
      {
        onFrame({ method }, { number, socket }) {
          if (method === 'basic.publish' && number === 1) socket.pause();
        },
        heartbeat: 0,
      },
      { confirmTimeout: LIMIT },
    );
    await (await producer.send(BODY)).confirmed;
    expect(losses.map(({ code }) => code)).toEqual(['CONFIRM_TIMEOUT']);
  });
});

describe('a broker that refuses each message', () => {
  const refuse = ({ tag }: Published, conversation: Conversation) => answer(conversation, 'basic.nack', tag);

  it('is left after a second if that began with a reconnect, and the messages are sent again', async () => {
    // As RabbitMQ does when a channel's first message comes before a quorum queue has its next leader.
    const headers: Buffer[][] = [[], [], []];
    const { producer, losses } = await open({
      onPublish(published, conversation) {
        headers[conversation.number - 1]?.push(published.header);
        if (conversation.number === 1) conversation.socket.destroy();
        else if (conversation.number === 2) refuse(published, conversation);
        else answer(conversation, 'basic.ack', published.tag);
      },
    });
    const a = await producer.send('a');
    const b = await producer.send('b');
    await Promise.all([a.confirmed, b.confirmed]);
    expect(headers[2]).toEqual(headers[1]);
    expect(headers[1]).toHaveLength(2);
    expect(losses.map(({ code }) => code)).toEqual(['CONNECTION_LOST', 'ALL_REFUSED']);
    expect(losses[1]?.message).toMatch(/refused each of them for 1 s \(basic.nack\)/);
  });

  it('is not left once it has taken one: those that it refused before are told', async () => {
    const { fake, producer, losses } = await open({
      onPublish(published, conversation) {
        if (conversation.number === 1) conversation.socket.destroy();
        else if (published.tag <= 2) refuse(published, conversation);
        else answer(conversation, 'basic.ack', published.tag);
      },
    });
    const receipts = [await producer.send('a'), await producer.send('b'), await producer.send('c')];
    const outcomes = await Promise.allSettled(receipts.map(({ confirmed }) => confirmed));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    for (const { confirmed } of receipts.slice(0, 2)) await failure(confirmed, Error, 'NACKED', 'basic.nack');
    await (await producer.send('d')).confirmed;
    expect(losses.map(({ code }) => code)).toEqual(['CONNECTION_LOST']);
    expect(fake.connections).toBe(2);
    expect(producer.stats()).toMatchObject({ confirmed: 2, failed: 2, pendingMessages: 0 });
  });

  it('is left although it confirms what it returned: no queue took that', async () => {
    const { producer, losses } = await open(
      {
        onPublish(published, conversation) {
          if (conversation.number === 1) conversation.socket.destroy();
          else if (published.key === NOWHERE) {
            conversation.send(returned(published), 'basic.return');
            answer(conversation, 'basic.ack', published.tag);
          } else answer(conversation, conversation.number === 2 ? 'basic.nack' : 'basic.ack', published.tag);
        },
      },
      { mandatory: true },
    );
    const refused = await producer.send('a');
    const lost = await producer.send('b', { routingKey: NOWHERE });
    await failure(lost.confirmed, Error, 'UNROUTABLE', 'NO_ROUTE');
    await refused.confirmed;
    expect(losses.map(({ code }) => code)).toEqual(['CONNECTION_LOST', 'ALL_REFUSED']);
  });

  it('is kept otherwise: each message is told, and that is all', async () => {
    const { fake, producer, losses } = await open(first(1, refuse));
    for (let i = 0; i < 3; i++) await failure((await producer.send('a')).confirmed, Error, 'NACKED', 'basic.nack');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect({ losses, connections: fake.connections }).toEqual({ losses: [], connections: 1 });
  });
});
