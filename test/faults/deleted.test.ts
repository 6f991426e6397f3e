import { expect } from 'vitest';
import type { PrivateBroker } from '../../tools/private-broker.js';
import { unique } from '../support/clients.js';
import { ownBroker } from '../support/own-broker.js';
import { pika } from '../support/python.js';
import { type Client, finish, Receiver, Sender, type Usage } from './support/client.js';
import { fault, rounded } from './support/fault.js';

/** What a client that waits may use of one processor. */
const IDLE = 0.05;

const LOAD = { minBytes: 100, maxBytes: 10_000 };

/** Descriptors and threads are what they were. Those of a try to connect may still be going, so they are awaited. */
async function expectBack(client: Client, before: Usage): Promise<void> {
  const counts = async () => {
    const { descriptors, threads } = await client.usage();
    return { descriptors, threads };
  };
  await expect.poll(counts).toEqual({ descriptors: before.descriptors, threads: before.threads });
}

fault({
  name: 'queue-deleted',
  holds: 'a queue deleted under its consumer again and again is declared again each time, and nothing spins',
  short: { deletions: 3 },
  long: { deletions: 100 },
  timeout: { short: 120, long: 900 },
  async run({ size: { deletions }, random, step }) {
    const broker = await ownBroker();
    const connection = { url: broker.url, exchange: unique('exchange'), durable: true };
    const queue = { name: unique('queue'), redeclare: true };
    const receiver = await Receiver.open({ ...connection, queue });
    const sender = await Sender.open(connection, { ...LOAD, seed: random.integer(1, 2 ** 31) });
    await sender.sendSingly(1);
    const before = await receiver.usage();
    let slowest = 0;
    const idles: number[] = [];
    for (let round = 0; round < deletions; round++) {
      step(`deletion ${round}`);
      await sender.sendSingly(random.integer(1, 20));
      // What is in a queue that is deleted is gone, so it has to be empty.
      await receiver.distinct((await sender.state()).sent);
      const deletedAt = Date.now();
      await pika(broker.url, connection.exchange, '', `channel.queue_delete(queue='${queue.name}')`);
      const { code } = await receiver.event('disconnected', deletedAt);
      expect(code).toBe('CONSUMER_CANCELLED');
      const { at } = await receiver.event('connected', deletedAt);
      slowest = Math.max(slowest, (at - deletedAt) / 1000);
      if (round % 10 === 0) idles.push(await receiver.idleLoad(1_000));
    }
    await expectBack(receiver, before);
    expect(Math.max(...idles)).toBeLessThanOrEqual(IDLE);
    step('the end');
    const { sent, received } = await finish(sender, receiver);
    return {
      deletions,
      'declared again after, s, at most': rounded(slowest, 2),
      confirmed: sent.confirmed,
      lost: received.missing.length,
      'CPU while idle, %, at most': rounded(100 * Math.max(...idles), 2),
    };
  },
});

fault({
  name: 'channel-errors',
  holds: 'a 404 and a 406 end a producer and a consumer with a typed error, once, and nothing loops',
  short: { idleSeconds: 2 },
  long: { idleSeconds: 20 },
  timeout: { short: 120, long: 300 },
  async run({ size: { idleSeconds }, random, step }) {
    const broker = await ownBroker();
    const load = { ...LOAD, perSecond: 100, seed: random.integer(1, 2 ** 31) };
    const open = async (exchange: string) => {
      const connection = { url: broker.url, exchange, durable: true };
      return [
        await Sender.open(connection, load),
        await Receiver.open({ ...connection, queue: { name: unique('queue'), arguments: { 'x-expires': 60_000 } } }),
      ] as const;
    };

    step('404: an exchange deleted under its producer');
    const deleted = unique('exchange');
    const [missing] = await open(deleted);
    await missing.start();
    await missing.confirmed(50);
    await pika(broker.url, deleted, '', `channel.exchange_delete('${deleted}')`);
    const notFound = await missing.event('close');
    expect(notFound).toMatchObject({ code: 'NOT_FOUND', replyCode: 404 });

    step('406: an exchange that is another kind when the connection is made again');
    const changed = unique('exchange');
    const clients = await open(changed);
    await clients[0].sendSingly(50);
    await pika(
      broker.url,
      changed,
      '',
      `channel.exchange_delete('${changed}'); channel.exchange_declare('${changed}', 'fanout', durable=True)`,
    );
    await broker.ctl('close_all_connections', 'to declare again');
    for (const client of clients) {
      expect(await client.event('close')).toMatchObject({ code: 'PRECONDITION_FAILED', replyCode: 406 });
    }

    step('nothing to happen any more');
    const ended = [missing, ...clients];
    const events = await Promise.all(ended.map((client) => client.events()));
    const loads = await Promise.all(ended.map((client) => client.idleLoad(1000 * idleSeconds)));
    expect(Math.max(...loads)).toBeLessThanOrEqual(IDLE);
    expect(await Promise.all(ended.map((client) => client.events()))).toEqual(events);
    // Each message was confirmed, or has failed and says why.
    for (const sender of [missing, clients[0]]) {
      const { sent, confirmed, failed, failures } = await sender.state();
      expect(confirmed + failed).toBeGreaterThanOrEqual(sent);
      expect(failures.every((failure) => /NOT_CONFIRMED|NOT_FOUND|PRECONDITION_FAILED/.test(failure))).toBe(true);
    }
    return { 'idle, s': idleSeconds, 'CPU while idle, %, at most': rounded(100 * Math.max(...loads), 2) };
  },
});

/** Has the broker do what `rabbitmqctl close_all_connections` does so many times; resolves when it has. */
async function closeAllConnections(broker: PrivateBroker, times: number, every: number): Promise<void> {
  const close = '[rabbit_networking:close_connection(P, "a test") || P <- rabbit_networking:connections()]';
  await broker.ctl('eval', `[begin timer:sleep(${every}), ${close} end || _ <- lists:seq(1, ${times})], ok.`);
}

fault({
  name: 'connections-closed',
  holds: 'connections that an operator closes every 2 s are made again each time, and nothing is lost',
  short: { times: 3, every: 500 },
  long: { times: 150, every: 2_000 },
  timeout: { short: 120, long: 1_200 },
  async run({ size: { times, every }, random, step }) {
    const broker = await ownBroker();
    const open = async (perSecond: number) => {
      const connection = { url: broker.url, exchange: unique('exchange'), durable: true };
      const receiver = await Receiver.open({ ...connection, queue: { name: unique('queue') }, prefetch: 50 });
      const load = { ...LOAD, perSecond, seed: random.integer(1, 2 ** 31) };
      return { sender: await Sender.open(connection, load), receiver };
    };
    const busy = await open(500);
    const idle = await open(500);
    const clients = [busy.sender, busy.receiver, idle.sender, idle.receiver];
    await busy.sender.start();
    await idle.sender.sendSingly(1);
    const before = await Promise.all(clients.map((client) => client.usage()));
    const began = performance.now();
    step('the closings');
    await closeAllConnections(broker, times, every);
    const events = (await Promise.all(clients.map((client) => client.events()))).flat();
    const closings = events.filter(({ kind }) => kind === 'disconnected');
    for (const { code, replyCode } of closings) {
      expect({ code, replyCode }).toEqual({ code: 'CONNECTION_CLOSED', replyCode: 320 });
    }
    // Who is just connecting when it happens misses one.
    expect(closings.length).toBeGreaterThan(2 * times);
    const seconds = (performance.now() - began) / 1000;
    const after = await Promise.all([idle.sender.usage(), idle.receiver.usage()]);
    const cpu = after.map((usage, i) => (usage.cpu - (before[i + 2]?.cpu ?? 0)) / 1000 / seconds);
    expect(Math.max(...cpu)).toBeLessThanOrEqual(IDLE);
    await busy.sender.pause();
    step('all of them to be connected again, with what they had');
    for (const [i, client] of clients.entries()) await expectBack(client, before[i] as Usage);
    let confirmed = 0;
    let lost = 0;
    let twice = 0;
    for (const { sender, receiver } of [busy, idle]) {
      step('the end');
      const { sent, received } = await finish(sender, receiver);
      confirmed += sent.confirmed;
      lost += received.missing.length;
      twice += received.received - received.distinct;
    }
    return {
      times,
      seconds: rounded(seconds, 0),
      'connections of four clients closed': closings.length,
      'CPU of idle clients, %, at most': rounded(100 * Math.max(...cpu), 2),
      confirmed,
      lost,
      twice,
    };
  },
});
