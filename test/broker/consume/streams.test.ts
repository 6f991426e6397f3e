import { once } from 'node:events';
import { type Consumer, ImageError, type Message, type Producer, type QueueOptions } from 'matmq';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PrivateBroker, startPrivateBroker } from '../../../tools/private-broker.js';
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
import { TcpProxy } from '../../support/tcp-proxy.js';

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let broker: PrivateBroker;
beforeAll(async () => {
  broker = await startPrivateBroker();
});
afterAll(() => broker.stop());

const RECONNECT = { initialDelay: 20, maxDelay: 200 };
const open: typeof openPair = (common, own) =>
  openPair({ url: broker.url, reconnect: RECONNECT, durable: true, ...common }, own);
const ownStream = (options: Partial<QueueOptions> = {}): QueueOptions => ({
  name: unique('stream'),
  type: 'stream',
  ...options,
});
const offsetOf = (message: Message) => message.properties.headers?.['x-stream-offset'];

async function closeConnections(...clients: (Producer | Consumer)[]): Promise<void> {
  const again = Promise.all(
    clients.map((client) => new Promise<void>((done) => client.once('connected', () => done()))),
  );
  await broker.ctl('close_all_connections', 'test of streams');
  await again;
}

describe('a consumer of a stream', () => {
  it('begins where it says: at the first message, at an offset, at a time, or with the next', async () => {
    const before = new Date();
    const queue = ownStream();
    const { exchange, producer, consumer } = await open({ queue });
    await sendAll(producer, numbered(10));
    expect(await receiveTexts(consumer, 10)).toEqual(numbered(10));
    const later = (streamOffset: QueueOptions['streamOffset']) =>
      openConsumer({ url: broker.url, exchange, durable: true, queue: { ...queue, streamOffset } });
    expect(await receiveTexts(await later('first'), 10)).toEqual(numbered(10));
    expect(await receiveTexts(await later(7), 3)).toEqual(['7', '8', '9']);
    expect(await receiveTexts(await later(before), 10)).toEqual(numbered(10));
    const last = await (await later('last')).receive();
    expect(numbered(10)).toContain(last.text());
    const next = await later('next');
    await sendAll(producer, ['10']);
    expect((await next.receive()).text()).toBe('10');
  });

  it('goes on after each lost connection, skips nothing, and gets again only what was not acknowledged', async () => {
    const { producer, consumer } = await open({ queue: ownStream(), prefetch: 50 });
    let sending = true;
    const sent = (async () => {
      let count = 0;
      for (; sending; count++) {
        await producer.send(`${count}`);
        if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await producer.flush();
      await producer.sendEOT();
      await producer.flush();
      return count;
    })();
    const received = (async () => {
      const offsets: number[] = [];
      const texts: string[] = [];
      for await (const message of consumer.messages()) {
        offsets.push(Number(offsetOf(message)));
        texts.push(message.text());
      }
      return { offsets, texts };
    })();
    for (let i = 0; i < 4; i++) await closeConnections(producer, consumer);
    sending = false;
    const count = await sent;
    const { offsets, texts } = await received;
    // By offset, because the producer sends again what was not confirmed: that lies in the stream twice.
    const firsts = [...new Set(offsets)];
    expect(firsts).toEqual(Array.from({ length: firsts.length }, (_, offset) => offset));
    expect([...new Set(texts)]).toEqual(numbered(count));
    expect(offsets.length - firsts.length).toBeLessThanOrEqual(4 * 256);
    expect(consumer.stats()).toMatchObject({ connects: 5 });
  });

  it('with manual acknowledgement gets again what it did not acknowledge, and nothing else', async () => {
    const { producer, consumer } = await open({ queue: ownStream(), ack: 'manual' });
    await sendAll(producer, numbered(10));
    const messages = await receiveAll(consumer, 10);
    for (const [i, message] of messages.entries()) if (i !== 3 && i !== 6) expect(message.ack()).toBe(true);
    await closeConnections(producer, consumer);
    await sendAll(producer, ['10']);
    const again = await receiveAll(consumer, 3);
    expect(again.map((message) => message.text())).toEqual(['3', '6', '10']);
    for (const message of again) expect(message.ack()).toBe(true);
    await closeConnections(producer, consumer);
    await sendAll(producer, ['11']);
    expect((await consumer.receive()).text()).toBe('11');
  });

  it('sees what came while it was away, though nothing had come before', async () => {
    await using proxy = await TcpProxy.before(broker.port);
    const queue = ownStream();
    const exchange = unique('exchange');
    const consumer = await openConsumer({
      ...{ url: proxy.url(broker.url), exchange, durable: true, queue, reconnect: RECONNECT, connectTimeout: 60_000 },
    });
    const producer = await openProducer({ url: broker.url, exchange, durable: true });
    for (const texts of [
      ['a', 'b'],
      ['c', 'd'],
    ]) {
      proxy.manner = { kind: 'freeze' };
      const away = once(consumer, 'reconnecting');
      proxy.resetAll();
      await away;
      await sendAll(producer, texts);
      proxy.manner = { kind: 'pass' };
      expect(await receiveTexts(consumer, 2)).toEqual(texts);
      await expect(consumer.receive({ timeout: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    }
  });

  it('gets a message whole when the connection is lost between its segments, and none that is settled', async () => {
    const { producer, consumer } = await open(
      { queue: ownStream(), prefetch: 4, ack: 'manual' },
      { producer: { maxMessageSize: 1000 } },
    );
    const body = (fill: number) => new Uint8Array(50_000).fill(fill);
    await producer.send(body(1));
    await producer.send('between');
    await producer.send(body(2));
    await producer.flush();
    const [first, between, second] = await receiveAll(consumer, 3);
    expect(first?.body).toEqual(Buffer.from(body(1)));
    expect(between?.ack()).toBe(true);
    expect(second?.ack()).toBe(true);
    await closeConnections(producer, consumer);
    await sendAll(producer, ['after']);
    const [again, after] = await receiveAll(consumer, 2);
    expect(again?.body).toEqual(Buffer.from(body(1)));
    expect(after?.text()).toBe('after');
    expect(consumer.stats()).toMatchObject({ refused: 0, openMessages: 0 });
  });

  it('may reject: the stream keeps the message, and the next one comes on the same connection', async () => {
    const { producer, consumer } = await open(
      { queue: ownStream(), ack: 'manual', limits: { messageBytes: 1000 } },
      { producer: { confirm: true } },
    );
    await producer.send('x'.repeat(2000));
    await sendAll(producer, ['a', 'b', 'c']);
    await failure(consumer.receive(), ImageError, 'LIMIT_EXCEEDED', 'limits.messageBytes');
    const [a, b] = await receiveAll(consumer, 2);
    expect(a?.nack(false)).toBe(true);
    expect(b?.nack(true)).toBe(true);
    await producer.send('d');
    const rest = await receiveAll(consumer, 2);
    expect(rest.map((message) => message.text())).toEqual(['c', 'd']);
    expect(consumer.stats()).toMatchObject({ connects: 1, rejected: 2, refused: 1 });
  });

  it('that is deleted and declared again is read from its first message', async () => {
    const queue = ownStream({ redeclare: true });
    const { producer, consumer } = await open({ queue });
    await sendAll(producer, numbered(5));
    expect(await receiveTexts(consumer, 5)).toEqual(numbered(5));
    const again = once(consumer, 'connected');
    await broker.ctl('delete_queue', queue.name);
    await again;
    await sendAll(producer, ['new']);
    const message = await consumer.receive();
    expect([message.text(), offsetOf(message)]).toEqual(['new', 0]);
  });

  it('is told what a stream cannot do, before it connects', async () => {
    const queue = ownStream();
    for (const [options, word] of [
      [{ queue, ack: 'none' }, 'ack'],
      [{ queue, prefetch: 0 }, 'prefetch'],
      [{ queue: ownQueue({ streamOffset: 'first' }) }, 'queue.streamOffset'],
    ] as const) {
      await failure(openConsumer({ url: broker.url, ...options }), RangeError, 'INVALID_ARGUMENT', word);
    }
  });
});
