import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, onTestFinished } from 'vitest';
import { ownQueue, unique } from '../support/clients.js';
import type { Random } from '../support/random.js';
import { type Manner, TcpProxy } from '../support/tcp-proxy.js';
import { finish, type Load, Receiver, Sender } from './support/client.js';
import { fault, rounded } from './support/fault.js';

interface Setup {
  readonly proxy: TcpProxy;
  readonly sender: Sender;
  readonly receiver: Receiver;
}

const RECONNECT = { initialDelay: 10, maxDelay: 100 };

/** A sender and a receiver, both behind a proxy of their own making. */
async function behindProxy(random: Random, load: Omit<Load, 'seed'>, options: object = {}): Promise<Setup> {
  const brokerUrl = inject('brokerUrl');
  const proxy = await TcpProxy.before(Number(new URL(brokerUrl).port));
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const connection = {
    url: proxy.url(brokerUrl),
    exchange: unique('exchange'),
    durable: true,
    reconnect: RECONNECT,
    ...options,
  };
  const receiver = await Receiver.open({ ...connection, queue: ownQueue(), prefetch: 50 });
  const sender = await Sender.open(connection, { ...load, seed: random.integer(1, 2 ** 31) });
  return { proxy, sender, receiver };
}

/** Ends both and holds what came against what was sent. */
async function figuresOf({ sender, receiver }: Setup) {
  const { sent, received } = await finish(sender, receiver);
  const twice = received.resent.length + received.redelivered.length;
  return { confirmed: sent.confirmed, lost: received.missing.length, corrupt: received.corrupt, twice };
}

fault({
  name: 'proxy-resets',
  holds: 'connections that are reset at random byte offsets lose and damage nothing',
  short: { resets: 25 },
  long: { resets: 500 },
  timeout: { short: 120, long: 1800 },
  async run({ size: { resets }, random, step }) {
    const setup = await behindProxy(random, { minBytes: 1, maxBytes: 40_000 });
    const { proxy, sender } = setup;
    // Half of them where login and declarations are, half in the traffic.
    const offset = () => (random.next() < 0.5 ? random.integer(1, 1_500) : random.integer(1_500, 400_000));
    proxy.resetAfter = () => (proxy.resets.length < resets ? offset() : undefined);
    await sender.start();
    proxy.resetAll();
    step('resets');
    while (proxy.resets.length < resets) await delay(20);
    const offsets = proxy.resets.map(({ up, down }) => up + down).sort((a, b) => a - b);
    proxy.resetAll();
    const { confirmed } = await sender.state();
    step('traffic after the last reset');
    await sender.confirmed(confirmed + 500);
    step('the end');
    const figures = await figuresOf(setup);
    return {
      resets: offsets.length,
      'median offset': offsets[Math.floor(offsets.length / 2)] ?? 0,
      'while logging in': offsets.filter((offset) => offset < 1_200).length,
      ...figures,
    };
  },
});

interface Silence {
  readonly manner: Manner;
  readonly loaded: boolean;
}

const SILENCES: readonly Silence[] = [
  { manner: { kind: 'freeze' }, loaded: true },
  { manner: { kind: 'swallow' }, loaded: false },
  { manner: { kind: 'swallow' }, loaded: true },
  { manner: { kind: 'freeze' }, loaded: false },
];

fault({
  name: 'proxy-silent',
  holds: 'a peer that falls silent, frozen or gone without a word, is found within 2 heartbeats + 1 s',
  short: { rounds: 2, heartbeat: 1 },
  long: { rounds: 40, heartbeat: 2 },
  timeout: { short: 120, long: 900 },
  async run({ size: { rounds, heartbeat }, random, step }) {
    const options = { heartbeat: heartbeat * 1000, connectTimeout: 500 };
    const setup = await behindProxy(random, { minBytes: 100, maxBytes: 300_000 }, options);
    const { proxy, sender, receiver } = setup;
    let longest = 0;
    for (let round = 0; round < rounds; round++) {
      const { manner, loaded } = SILENCES[round % SILENCES.length] as Silence;
      await delay(random.integer(0, 500));
      if (loaded) {
        const { confirmed } = await sender.state();
        await sender.start();
        await sender.confirmed(confirmed + 50);
      }
      step(`round ${round}: ${manner.kind} to be noticed, ${loaded ? 'under load' : 'idle'}`);
      proxy.manner = manner;
      const silentAt = Date.now();
      const noticed = [sender, receiver].map((client) => client.event('disconnected', silentAt));
      for (const { at, code } of await Promise.all(noticed)) {
        expect(code).toBe('HEARTBEAT_TIMEOUT');
        longest = Math.max(longest, (at - silentAt) / 1000);
      }
      step(`round ${round}: connected again after ${manner.kind}`);
      const again = [sender, receiver].map((client) => client.event('connected', silentAt));
      proxy.manner = { kind: 'pass' };
      await Promise.all(again);
      if (loaded) await sender.pause();
    }
    expect(longest).toBeLessThanOrEqual(2 * heartbeat + 1);
    step('the end');
    return {
      silences: rounds,
      'heartbeat, s': heartbeat,
      'found after, s, at most': rounded(longest, 2),
      ...(await figuresOf(setup)),
    };
  },
});

fault({
  name: 'proxy-trickle',
  holds: 'a connection that trickles is slow and not lost: no heartbeat fails',
  short: { seconds: 6, bytesPerSecond: 1000 },
  long: { seconds: 120, bytesPerSecond: 1000 },
  timeout: { short: 120, long: 600 },
  async run({ size: { seconds, bytesPerSecond }, random, step }) {
    const setup = await behindProxy(random, { minBytes: 500, maxBytes: 3_000, perSecond: 1 }, { heartbeat: 1000 });
    const { proxy, sender, receiver } = setup;
    proxy.manner = { kind: 'trickle', bytesPerSecond };
    await sender.start();
    step('the trickle');
    await delay(1000 * seconds);
    const during = (await sender.state()).confirmed;
    expect(during).toBeGreaterThan(0);
    const losses = [...(await sender.events()), ...(await receiver.events())];
    expect(losses).toEqual([]);
    proxy.manner = { kind: 'pass' };
    step('the end');
    const figures = await figuresOf(setup);
    return { seconds, 'bytes/s': bytesPerSecond, 'confirmed meanwhile': during, 'false alarms': 0, ...figures };
  },
});

fault({
  name: 'proxy-cut',
  holds: 'octets that come one by one, both ways, are read as well as any',
  short: { messages: 60 },
  long: { messages: 2_000 },
  timeout: { short: 120, long: 900 },
  async run({ size: { messages }, random, step }) {
    const setup = await behindProxy(random, { minBytes: 0, maxBytes: 3_000 }, { highWaterMark: 20 });
    const { proxy, sender, receiver } = setup;
    proxy.manner = { kind: 'cut' };
    step('connections of which every octet comes alone');
    const since = Date.now();
    proxy.resetAll();
    await Promise.all([sender.event('connected', since), receiver.event('connected', since)]);
    await sender.start();
    step('the messages');
    await sender.confirmed(messages);
    await sender.pause();
    await receiver.distinct((await sender.state()).sent);
    proxy.manner = { kind: 'pass' };
    step('the end');
    return figuresOf(setup);
  },
});
