/** The benchmark in small: its programs work, and every message arrives. No time is held against anything. */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { Peer } from '../../bench/harness/peer.js';
import { ROOT } from '../../bench/harness/places.js';
import { Program } from '../../bench/harness/program.js';
import type { MessageJob, Payload, Target } from '../../bench/harness/protocol.js';
import { unique } from '../support/clients.js';

const MESSAGES = { size: 30_000, count: 20, warm: 4 };
const ALL = MESSAGES.count + MESSAGES.warm;
/** A consumer's time is that from the first message to the last. */
const RECEIVED = { messages: MESSAGES.count - 1, bytes: (MESSAGES.count - 1) * MESSAGES.size };

const targetAt = (port: number): Target => ({ port, exchange: 'bench', routingKey: unique('key') });

function job(role: MessageJob['role'], target: Target, confirm: boolean, payload: Payload = 'bytes'): MessageJob {
  return { role, client: 'matmq', target, ...MESSAGES, confirm, payload };
}

function limit(name: string, { port, exchange, routingKey: key }: Target, options: Record<string, number> = {}) {
  return Program.native(name, { port, exchange, key, ...MESSAGES, ...options });
}

const atTheBroker = () => targetAt(Number(new URL(inject('brokerUrl')).port));

/** Lets a publisher run. */
async function publish(program: Program): Promise<void> {
  await using publisher = program;
  await publisher.ready();
  publisher.go();
  expect(await publisher.outcome()).toMatchObject({
    messages: MESSAGES.count,
    bytes: MESSAGES.count * MESSAGES.size,
    cpuSeconds: expect.any(Number),
    peakRss: expect.any(Number),
  });
}

async function consume(program: Program): Promise<void> {
  await using consumer = program;
  await consumer.ready();
  await consumer.warm();
  expect(await consumer.outcome()).toMatchObject(RECEIVED);
}

describe('the discarding peer', () => {
  it.each([false, true])('gets every message of MatMQ (confirms: %s)', async (confirm) => {
    await using peer = await Peer.start();
    await publish(Program.worker(job('publish', targetAt(peer.port), confirm)));
    expect(await peer.count()).toEqual({ messages: ALL, bytes: ALL * MESSAGES.size });
  });

  it('confirms several messages at once', async () => {
    await using peer = await Peer.start({ confirms: 'multiple' });
    await publish(Program.worker(job('publish', targetAt(peer.port), true)));
    expect((await peer.count()).messages).toBe(ALL);
  });

  it.each([
    ['without confirms', 'single', {}],
    ['that are confirmed one by one', 'single', { confirm: 1 }],
    ['that are confirmed several at once', 'multiple', { confirm: 1, join: 200_000 }],
  ] as const)('gets every message of gathered writes %s', async (_, confirms, options) => {
    await using peer = await Peer.start({ confirms });
    await publish(limit('gather-publish', targetAt(peer.port), options));
    expect((await peer.count()).messages).toBe(ALL);
  });
});

describe('the flooding peer', () => {
  const flood = { size: MESSAGES.size, count: ALL };

  it('reaches MatMQ with every message', async () => {
    await using peer = await Peer.start({ flood });
    await consume(Program.worker(job('consume', targetAt(peer.port), false)));
  });

  it('reaches the direct reads with every message', async () => {
    await using peer = await Peer.start({ flood });
    await consume(limit('direct-consume', targetAt(peer.port)));
  });
});

describe('RabbitMQ', () => {
  async function send(publisher: () => Program, consumer: () => Program): Promise<void> {
    await using receiving = consumer();
    await receiving.ready();
    await publish(publisher());
    await receiving.warm();
    expect(await receiving.outcome()).toMatchObject(RECEIVED);
  }

  it('takes pictures from process to process', async () => {
    const target = atTheBroker();
    const make = (role: MessageJob['role']) => Program.worker(job(role, target, true, 'image'));
    await send(
      () => make('publish'),
      () => make('consume'),
    );
  });

  it('takes messages from C++ to C++, confirmed and acknowledged', async () => {
    const target = atTheBroker();
    await send(
      () => limit('gather-publish', target, { confirm: 1 }),
      () => limit('direct-consume', target, { ack: 2, prefetch: 8 }),
    );
  });

  it.each([false, true])('takes messages back to the process that sent them (confirms: %s)', async (confirm) => {
    // The file by its path is how the MatMQ of another checkout is named.
    const library = join(ROOT, 'dist/index.js');
    await using program = Program.worker({ ...job('round-trip', atTheBroker(), confirm), library });
    await program.ready();
    program.go();
    const { messages, roundTrip } = await program.outcome();
    expect(messages).toBe(MESSAGES.count);
    expect(roundTrip?.p50).toBeGreaterThan(0);
    expect(roundTrip?.p99).toBeGreaterThanOrEqual(roundTrip?.p50 ?? Number.NaN);
  });
});
