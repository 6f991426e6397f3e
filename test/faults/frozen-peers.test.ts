import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, Producer } from 'matmq';
import { expect } from 'vitest';
import { type Conversation, FakeBroker, type Injector } from '../support/fake/broker.js';
import { FRAME, frame, heartbeatFrame } from '../support/fake/frames.js';
import { beyond, held } from '../support/fake/matrix.js';
import { consume, produce } from '../support/fake/runs.js';
import { fault, rounded } from './support/fault.js';

const ROLES = { producer: produce, consumer: consume } as const;
type Role = keyof typeof ROLES;
const roles = Object.keys(ROLES) as Role[];

const HEARTBEAT = 1000;
const CONNECT_TIMEOUT = 1500;
/** Two heartbeats and a second. */
const FOUND_WITHIN = 2 * HEARTBEAT + 1000;
/** What exit() promises. */
const EXIT_WITHIN = 5000;
const TICK = 20;

/** How late a machine with more to do than it can is: what is measured on it may be late by as much, and again. */
function watchLateness(): () => number {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - TICK);
    last = now;
  }, TICK);
  return () => {
    clearInterval(timer);
    return 200 + 3 * worst;
  };
}

async function stepsOf(role: Role): Promise<readonly string[]> {
  await using broker = await FakeBroker.start();
  await ROLES[role](broker.url);
  return [...broker.steps];
}

/** Pauses the socket as soon as more than so many octets were read from it: a look from time to time comes too late. */
function pausedBeyond(socket: Socket, octets: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (socket.bytesRead <= octets) return;
      socket.off('data', look);
      socket.pause();
      resolve();
    };
    socket.on('data', look);
  });
}

/** Says nothing more behind a step of the first connection, or says half a frame; `reached` settles then. */
function freezing(step: number, half: boolean): { injector: Injector; reached: Promise<number> } {
  let resolve = (_at: number): void => {};
  const reached = new Promise<number>((settle) => {
    resolve = settle;
  });
  const octets = half ? frame(FRAME.method, 1, Buffer.alloc(64)).subarray(0, 20) : Buffer.alloc(0);
  const injector: Injector = {
    behind({ connection, number }) {
      if (connection !== 1 || number !== step) return undefined;
      resolve(performance.now());
      return { octets, next: 'silent' };
    },
  };
  return { injector, reached };
}

/** Connects, does some of what a program does, and lets all of it fail. */
function busy(role: Role, url: string, heartbeat: number, signal?: AbortSignal) {
  const connection = {
    url,
    exchange: 'exchange',
    heartbeat,
    connectTimeout: signal ? 60_000 : CONNECT_TIMEOUT,
    signal,
  };
  const ignore = () => {};
  if (role === 'producer') {
    return Producer.connect(connection).then((producer) => {
      for (const size of [5, 9000, 0]) producer.send(Buffer.alloc(size)).catch(ignore);
      return producer;
    });
  }
  return Consumer.connect({ ...connection, ack: 'manual' }).then((consumer) => {
    void (async () => {
      for await (const message of consumer.messages()) message.ack();
    })().catch(ignore);
    return consumer;
  });
}

fault({
  name: 'frozen-found',
  holds: 'a peer that falls silent is found within two heartbeats and a second, or connectTimeout, in every state',
  short: {},
  long: {},
  timeout: { short: 60, long: 60 },
  async run({ step }) {
    const took: { connecting: number[]; connected: number[] } = { connecting: [], connected: [] };
    const one = async (role: Role, number: number, half: boolean) => {
      const { injector, reached } = freezing(number, half);
      await using broker = await FakeBroker.start({ injector });
      const began = performance.now();
      const client = await busy(role, broker.url, HEARTBEAT).catch((error: { code: string }) => error.code);
      if (typeof client === 'string') {
        expect(client).toBe('CONNECT_TIMEOUT');
        took.connecting.push(performance.now() - began);
        return;
      }
      const lost = new Promise<{ error: unknown }>((resolve) => client.once('disconnected', resolve));
      const since = await Promise.race([reached, delay(300)]);
      // Nothing but exit() brings it to the last steps, which are another test's.
      if (since === undefined) return client.exit();
      const { error } = await lost;
      took.connected.push(performance.now() - since);
      expect(error).toMatchObject({ code: 'HEARTBEAT_TIMEOUT' });
    };
    step('peers that fall silent');
    const lateness = watchLateness();
    const plain = await Promise.all(roles.map(stepsOf));
    await Promise.all(
      roles.flatMap((role, i) =>
        (plain[i] ?? []).flatMap((_what, number) => [one(role, number, false), one(role, number, true)]),
      ),
    );
    expect(took.connecting.length).toBeGreaterThan(20);
    expect(took.connected.length).toBeGreaterThan(20);
    const slack = lateness();
    expect(Math.max(...took.connecting)).toBeLessThan(CONNECT_TIMEOUT + slack);
    expect(Math.max(...took.connected)).toBeLessThan(FOUND_WITHIN + slack);
    return {
      'frozen while connecting': took.connecting.length,
      'given up after, ms, at most': rounded(Math.max(...took.connecting), 0),
      'frozen when connected': took.connected.length,
      'found after, ms, at most': rounded(Math.max(...took.connected), 0),
    };
  },
});

fault({
  name: 'frozen-exit',
  holds: 'exit() ends within 5 seconds in every state of a peer that is silent for ever',
  short: {},
  long: {},
  timeout: { short: 60, long: 60 },
  async run({ step }) {
    const plain = await Promise.all(roles.map(stepsOf));
    const before = held();
    const took: number[] = [];
    let givenUp = 0;
    const one = async (role: Role, number: number) => {
      const { injector, reached } = freezing(number, number % 2 === 1);
      await using broker = await FakeBroker.start({ injector, heartbeat: 0 });
      const controller = new AbortController();
      const connecting = busy(role, broker.url, 0, controller.signal);
      connecting.catch(() => {});
      await Promise.race([reached, connecting.then(() => delay(300))]);
      controller.abort();
      const began = performance.now();
      try {
        const client = await connecting;
        await client.exit();
        took.push(performance.now() - began);
      } catch (error) {
        expect(error).toMatchObject({ name: 'AbortError' });
        givenUp++;
      }
    };
    step('exit() in every state');
    const lateness = watchLateness();
    await Promise.all(roles.flatMap((role, i) => (plain[i] ?? []).map((_what, number) => one(role, number))));
    expect(took.length).toBeGreaterThan(20);
    expect(Math.max(...took)).toBeLessThan(EXIT_WITHIN + lateness());
    step('threads and descriptors to be released');
    await expect.poll(() => beyond(before)).toEqual({ descriptors: 0, threads: 0 });
    return {
      'given up while connecting': givenUp,
      closed: took.length,
      'exit took, ms, at most': rounded(Math.max(...took), 0),
    };
  },
});

fault({
  name: 'frozen-reader',
  holds: 'a peer that takes no octets is found when it is silent, and waited for as long as it gives signs of life',
  short: { megabytes: 24, pauses: 2, pauseMs: 2500 },
  long: { megabytes: 500, pauses: 20, pauseMs: 5000 },
  timeout: { short: 60, long: 600 },
  async run({ size: { megabytes, pauses, pauseMs }, step }) {
    const open = async (beats: boolean) => {
      const conversations: Conversation[] = [];
      const timers: NodeJS.Timeout[] = [];
      const broker = await FakeBroker.start({
        onConnection(conversation) {
          conversations.push(conversation);
          if (!beats) return;
          const beat = () => conversation.socket.writable && conversation.socket.write(heartbeatFrame());
          // Not before the login is done: heartbeats are agreed on then.
          timers.push(setInterval(() => broker.steps.length > 12 && beat(), HEARTBEAT / 2));
        },
      });
      const producer = await Producer.connect({ url: broker.url, heartbeat: HEARTBEAT, maxMessageSize: 2 ** 31 });
      const [conversation] = conversations;
      if (conversation === undefined) expect.fail('nobody connected');
      const end = async () => {
        for (const timer of timers) clearInterval(timer);
        await producer.exit();
        await broker[Symbol.asyncDispose]();
      };
      return { producer, socket: conversation.socket, end };
    };
    const body = Buffer.alloc(megabytes * 1024 * 1024, 66);

    step('a silent one, half a frame out');
    const lateness = watchLateness();
    const silent = await open(false);
    const lost = new Promise<{ error: unknown }>((resolve) => silent.producer.once('disconnected', resolve));
    silent.socket.pause();
    const began = performance.now();
    await silent.producer.send(body);
    expect((await lost).error).toMatchObject({ code: 'HEARTBEAT_TIMEOUT' });
    const foundAfter = performance.now() - began;
    expect(foundAfter).toBeLessThan(FOUND_WITHIN + lateness());
    await silent.end();

    step('a slow one that lives');
    const slow = await open(true);
    let losses = 0;
    slow.producer.on('disconnected', () => losses++);
    const receipt = await slow.producer.send(body);
    let confirmed = false;
    const done = receipt.confirmed.then(() => {
      confirmed = true;
    });
    const started = performance.now();
    const share = body.length / (pauses + 1);
    for (let pause = 0; pause < pauses; pause++) {
      await pausedBeyond(slow.socket, share * pause + 65_536);
      await delay(pauseMs); // that long, and nothing may happen
      expect(confirmed).toBe(false);
      slow.socket.resume();
      step(`a slow one that lives, pause ${pause + 1}`);
    }
    await done;
    const seconds = (performance.now() - started) / 1000;
    expect([losses, slow.producer.stats().resent]).toEqual([0, 0]);
    await slow.end();
    return {
      'silent one found after, ms': rounded(foundAfter, 0),
      'slow one, MB': megabytes,
      s: rounded(seconds),
      'pauses of ms': pauseMs,
      'false failures': losses,
    };
  },
});
