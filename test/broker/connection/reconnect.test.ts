import { once } from 'node:events';
import { ChannelError, ClosedError, ConnectionError, type Consumer, CV_8UC3, type Message, type Producer } from 'matmq';
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
  unique,
} from '../../support/clients.js';
import { noise } from '../../support/mats.js';
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
  openPair({ url: broker.url, reconnect: RECONNECT, durable: true, persistent: true, ...common }, own);
const closeAll = () => broker.ctl('close_all_connections', '--global', 'test of reconnecting');

type Kind = 'disconnected' | 'reconnecting' | 'connected' | 'blocked' | 'unblocked' | 'close';

/** The kinds of events, as they come. */
function record(client: Producer | Consumer): { readonly kinds: Kind[]; readonly infos: unknown[] } {
  const kinds: Kind[] = [];
  const infos: unknown[] = [];
  for (const kind of ['disconnected', 'reconnecting', 'connected', 'blocked', 'unblocked', 'close'] as const) {
    client.on(kind, (info: unknown) => {
      kinds.push(kind);
      infos.push(info);
    });
  }
  return { kinds, infos };
}

/** Sends numbers until told to stop; a list of those that were confirmed. */
function stream(producer: Producer): { stop(): Promise<string[]> } {
  let on = true;
  const confirmed: string[] = [];
  const run = (async () => {
    for (let i = 0; on; i++) {
      const receipt = await producer.send(`${i}`);
      void receipt.confirmed.then(() => confirmed.push(`${i}`));
      // Other work has its turn, and the numbers do not run away.
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    async stop() {
      on = false;
      await run;
      await producer.flush();
      await producer.sendEOT();
      await producer.flush();
      return confirmed;
    },
  };
}

/** All messages until the end of transmission. */
async function collect(consumer: Consumer): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of consumer.messages()) messages.push(message);
  return messages;
}

/** Nothing is lost, first arrivals are in order, and a duplicate says whose it is. */
function expectDelivered(messages: readonly Message[], confirmed: readonly string[]): void {
  const firsts = new Map<string, string | undefined>();
  for (const message of messages) {
    const text = message.text();
    if (firsts.has(text)) expect(message.messageId).toBe(firsts.get(text));
    else firsts.set(text, message.messageId);
  }
  const texts = [...firsts.keys()];
  expect(texts).toEqual(numbered(texts.length));
  expect(confirmed.filter((text) => !firsts.has(text))).toEqual([]);
  expect(confirmed.length).toBe(texts.length);
}

describe('a connection that the broker closes', () => {
  it('is made again, and told in order', async () => {
    const { producer, consumer } = await open({ queue: ownQueue() });
    const records = [producer, consumer].map(record);
    const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
    await closeAll();
    await again;
    const peer = `127.0.0.1:${broker.port}`;
    for (const { kinds, infos } of records) {
      expect(kinds).toEqual(['disconnected', 'reconnecting', 'connected']);
      expect(infos).toMatchObject([
        { peer, error: { name: 'ConnectionError', replyCode: 320 } },
        { peer, attempt: 1 },
        { peer },
      ]);
      expect(infos[0]).toMatchObject({ error: { message: expect.stringContaining('test of reconnecting') } });
      expect(JSON.stringify(infos)).not.toContain('guest');
    }
    expect(producer.stats()).toMatchObject({ connects: 2, connected: true });
    expect(consumer.stats()).toMatchObject({ connects: 2, connected: true });
    await producer.send('after');
    expect((await consumer.receive()).text()).toBe('after');
  });

  it('loses nothing of a stream through a durable queue, and keeps its order', async () => {
    const { producer, consumer } = await open({ queue: ownQueue(), prefetch: 50 });
    const collected = collect(consumer);
    const running = stream(producer);
    for (let i = 0; i < 3; i++) {
      const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
      await closeAll();
      await again;
    }
    const confirmed = await running.stop();
    expectDelivered(await collected, confirmed);
    expect(producer.stats()).toMatchObject({ connects: 4, failed: 0, pendingMessages: 0 });
  });

  it('loses no image that was on its way', async () => {
    const { producer, consumer } = await open({ queue: ownQueue() });
    const again = once(producer, 'connected');
    const sends = Array.from({ length: 30 }, (_, i) =>
      producer.sendImage(noise(i + 1, 500, CV_8UC3), i % 2 === 0 ? 'raw' : '.png'),
    );
    await closeAll();
    await again;
    await Promise.all(sends);
    await producer.flush();
    const rows = new Set<number>();
    while (rows.size < 30) rows.add((await consumer.receiveImage()).rows);
    expect([...rows]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  it('voids the acknowledgements of its messages, which come again', async () => {
    const { producer, consumer } = await open({ queue: ownQueue(), ack: 'manual' });
    await producer.send('x');
    const message = await consumer.receive();
    const again = once(consumer, 'connected');
    await closeAll();
    await again;
    expect(message.ack()).toBe(false);
    const duplicate = await consumer.receive();
    expect([duplicate.text(), duplicate.redelivered, duplicate.messageId]).toEqual(['x', true, message.messageId]);
    expect(duplicate.ack()).toBe(true);
  });

  it('gives a consumer without a named queue another temporary one', async () => {
    const { producer, consumer } = await open();
    const { queueName } = consumer;
    const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
    await closeAll();
    await again;
    expect(consumer.queueName).not.toBe(queueName);
    await producer.send('x');
    expect((await consumer.receive()).text()).toBe('x');
  });

  it('ends a producer and a consumer with reconnect: false', async () => {
    const { producer, consumer } = await open({ queue: ownQueue(), reconnect: false });
    const receiving = failure(consumer.receive(), ConnectionError, 'CONNECTION_CLOSED', 'test of reconnecting');
    const records = [producer, consumer].map(record);
    const closed = Promise.all([once(producer, 'close'), once(consumer, 'close')]);
    await closeAll();
    for (const [error] of await closed) expect(error).toMatchObject({ code: 'CONNECTION_CLOSED', replyCode: 320 });
    for (const { kinds } of records) expect(kinds).toEqual(['disconnected', 'close']);
    await receiving;
    await failure(producer.send('x'), ConnectionError, 'CONNECTION_CLOSED');
    await failure(consumer.receive(), ConnectionError, 'CONNECTION_CLOSED');
    expect([producer.closed, consumer.closed]).toEqual([true, true]);
    await Promise.all([producer.exit(), consumer.exit()]);
  });
});

describe('a broker that is gone', () => {
  it('is waited for: sends are taken meanwhile, and nothing of a stream is lost when it is back', async () => {
    const { producer, consumer } = await open({ queue: ownQueue({ arguments: {} }) });
    const collected = collect(consumer);
    const running = stream(producer);
    await expect.poll(() => producer.stats().confirmed).toBeGreaterThan(100);
    const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
    await broker.restart();
    await again;
    const confirmed = await running.stop();
    expectDelivered(await collected, confirmed);
    expect(producer.stats().failed).toBe(0);
  });

  it('killed in the middle of a stream and back again has lost nothing that was confirmed', async () => {
    const { producer, consumer } = await open({ queue: ownQueue({ arguments: {} }) });
    const collected = collect(consumer);
    const running = stream(producer);
    await expect.poll(() => producer.stats().confirmed).toBeGreaterThan(100);
    // A queue that was declared just now may not be on the disk: what a killed broker has not written is lost.
    await broker.ctl('eval', 'mnesia:sync_log().');
    const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
    await broker.kill();
    await broker.restart();
    await again;
    const confirmed = await running.stop();
    expectDelivered(await collected, confirmed);
  });

  it('has what is durable when it is back', async () => {
    const queue = ownQueue({ arguments: {} });
    const { exchange, producer, consumer } = await open({ queue });
    await consumer.exit();
    await producer.send('kept');
    await producer.send('transient', { properties: { deliveryMode: 1 } });
    await producer.flushAndExit();
    await broker.restart();
    const later = await openConsumer({ url: broker.url, exchange, declare: false, queue });
    const sender = await openProducer({ url: broker.url, exchange, declare: false });
    await sender.send('after');
    expect((await receiveAll(later, 2)).map((message) => message.text())).toEqual(['kept', 'after']);
  });

  it('does not keep exit() waiting', async () => {
    const { producer, consumer } = await open({ queue: ownQueue() });
    const lost = Promise.all([once(producer, 'reconnecting'), once(consumer, 'reconnecting')]);
    await broker.kill();
    await lost;
    const receipt = await producer.send('never');
    const told = expect(receipt.confirmed).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    const receiving = failure(consumer.receive(), ClosedError, 'CLOSED');
    await Promise.all([producer.exit(), consumer.exit()]);
    await Promise.all([told, receiving]);
    await broker.restart();
  });

  it('that refuses the login when it is back ends the producer and the consumer', async () => {
    const user = unique('user');
    await broker.ctl('add_user', user, 'before');
    await broker.ctl('set_permissions', user, '.*', '.*', '.*');
    const { producer, consumer } = await open({ url: `amqp://${user}:before@127.0.0.1:${broker.port}/` });
    await broker.ctl('change_password', user, 'after');
    const closed = Promise.all([once(producer, 'close'), once(consumer, 'close')]);
    await closeAll();
    for (const [error] of await closed) expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', replyCode: 403 });
    await failure(producer.send('x'), ConnectionError, 'AUTHENTICATION_FAILED', user);
    await failure(consumer.receive(), ConnectionError, 'AUTHENTICATION_FAILED', user);
  });

  // RabbitMQ closes the connections of a user or virtual host that is deleted by itself.
  it.each([
    ['deletes the user', (user: string) => ['delete_user', user], ConnectionError, 'AUTHENTICATION_FAILED'],
    [
      'deletes the virtual host',
      (_: string, vhost: string) => ['delete_vhost', vhost],
      ConnectionError,
      'VHOST_REFUSED',
    ],
    [
      'takes the virtual host from the user',
      (user: string, vhost: string) => ['clear_permissions', '-p', vhost, user],
      ConnectionError,
      'VHOST_REFUSED',
    ],
    [
      'takes the permissions from the user',
      (user: string, vhost: string) => ['set_permissions', '-p', vhost, user, '^$', '^$', '^$'],
      ChannelError,
      'ACCESS_REFUSED',
    ],
  ] as const)('that %s ends both after one try', async (_what, change, errorClass, code) => {
    const [user, vhost] = [unique('user'), unique('vhost')];
    await broker.ctl('add_user', user, 'secret');
    await broker.ctl('add_vhost', vhost);
    await broker.ctl('set_permissions', '-p', vhost, user, '.*', '.*', '.*');
    const url = `amqp://${user}:secret@127.0.0.1:${broker.port}/${vhost}`;
    // Where the queue goes with its virtual host, it is not the cancelled subscription that ends the consumer.
    const { producer, consumer } = await open({ url, queue: ownQueue({ redeclare: true }) });
    const records = [producer, consumer].map(record);
    const closed = Promise.all([once(producer, 'close'), once(consumer, 'close')]);
    await broker.ctl(...change(user, vhost));
    await closeAll();
    for (const [error] of await closed) {
      expect(error).toBeInstanceOf(errorClass);
      expect(error).toMatchObject({ code });
    }
    for (const { kinds } of records) expect(kinds).toEqual(['disconnected', 'reconnecting', 'close']);
    await failure(producer.send('x'), errorClass, code);
    await failure(consumer.receive(), errorClass, code);
  });

  it('killed in the middle of a message in segments has the image, and nothing else, when it is back', async () => {
    await using proxy = await TcpProxy.before(broker.port);
    const queue = ownQueue({ arguments: {} });
    const { exchange, consumer } = await open({ queue, prefetch: 4 });
    const producer = await openProducer({
      ...{ url: proxy.url(broker.url), exchange, durable: true, persistent: true, reconnect: RECONNECT },
      maxMessageSize: 1000,
    });
    const image = noise(300, 500, CV_8UC3);
    proxy.manner = { kind: 'trickle', bytesPerSecond: 100_000 };
    await producer.sendImage(image, 'raw');
    await expect.poll(() => consumer.stats().segments, { timeout: 60_000 }).toBeGreaterThan(50);
    await broker.kill();
    expect(consumer.stats()).toMatchObject({ received: 0 });
    expect(consumer.stats().segments).toBeLessThan(450);
    proxy.manner = { kind: 'pass' };
    const again = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
    await broker.restart();
    await again;
    await producer.flush();
    await producer.send('after');
    await producer.flush();
    const copies: Buffer[] = [];
    for (let over = false; !over; ) {
      const message = await consumer.receive();
      over = message.type === 'text';
      if (!over) copies.push(Buffer.from(message.body));
    }
    expect([1, 2]).toContain(copies.length);
    for (const copy of copies)
      expect(copy.equals(Buffer.from(image.data.buffer, image.data.byteOffset, image.data.byteLength))).toBe(true);
    expect(consumer.stats()).toMatchObject({ refused: 0, openMessages: 0 });
    await consumer.exit();
    const left = await broker.ctl('list_queues', '--silent', 'name', 'messages');
    expect(left.split('\n').find((line) => line.startsWith(queue.name))).toBe(`${queue.name}\t0`);
  });
});
