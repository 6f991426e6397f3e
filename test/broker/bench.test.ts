/** The benchmark in small: its programs work, and every message arrives. No time is held against anything. */
import { describe, expect, inject, it } from 'vitest';
import { Peer } from '../../bench/harness/peer.js';
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

function limit(name: string, { port, exchange, routingKey: key }: Target): Program {
  return Program.native(name, { port, exchange, key, ...MESSAGES });
}

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

  it('gets every message of the gathered writes', async () => {
    await using peer = await Peer.start();
    await publish(limit('gather-publish', targetAt(peer.port)));
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

it('sends pictures from process to process through RabbitMQ', async () => {
  const target = targetAt(Number(new URL(inject('brokerUrl')).port));
  await using consumer = Program.worker(job('consume', target, true, 'image'));
  await consumer.ready();
  await publish(Program.worker(job('publish', target, true, 'image')));
  await consumer.warm();
  expect(await consumer.outcome()).toMatchObject(RECEIVED);
});
