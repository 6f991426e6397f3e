import { setTimeout as delay } from 'node:timers/promises';
import type { AckMode, QueueOptions } from 'matmq';
import { describe, expect, it } from 'vitest';
import { numbered, openConsumer, openPair, ownQueue, sendAll } from '../../support/clients.js';

/** Of messages that the program has not acknowledged. */
const unsettled = ({ received, acknowledged }: { received: number; acknowledged: number }) => received - acknowledged;

const KINDS: readonly [string, () => QueueOptions | undefined][] = [
  ['a classic queue', () => ownQueue()],
  ['a temporary queue', () => undefined],
];

describe.each(KINDS)('prefetch: auto, of %s', (_, queue) => {
  it.each<AckMode>(['auto', 'manual'])('widens for a fast program, in order, and loses nothing (%s)', async (ack) => {
    const { producer, consumer } = await openPair({ queue: queue(), ack });
    expect(consumer.stats().prefetch).toBe(16);
    await sendAll(producer, numbered(6000));
    for (const text of numbered(5000)) {
      const message = await consumer.receive();
      expect(message.text()).toBe(text);
      expect(message.redelivered).toBe(false);
      if (ack === 'manual') message.ack();
    }
    expect(consumer.stats().prefetch).toBeGreaterThan(100);
    // The broker goes by it: so many are here without an acknowledgement.
    await expect.poll(() => unsettled(consumer.stats())).toBeGreaterThan(100);
    expect(unsettled(consumer.stats())).toBeLessThanOrEqual(256 + 16);
    for (const text of numbered(1000, 5000)) {
      const message = await consumer.receive();
      expect(message.text()).toBe(text);
      if (ack === 'manual') message.ack();
    }
    await expect.poll(() => consumer.stats().acknowledged).toBeGreaterThanOrEqual(5999);
    await consumer.exit();
    expect(consumer.stats()).toMatchObject({ received: 6000, acknowledged: 6000 });
  });
});

it('prefetch: auto stays at 16 for a program that takes its time', async () => {
  const { producer, consumer } = await openPair({ queue: ownQueue() });
  await sendAll(producer, numbered(200));
  for (const text of numbered(100)) {
    expect((await consumer.receive()).text()).toBe(text);
    await delay(10); // the work
  }
  expect(consumer.stats().prefetch).toBe(16);
  expect(unsettled(consumer.stats())).toBeLessThanOrEqual(16);
});

it('a prefetch that the program says stays as it is', async () => {
  const { producer, consumer } = await openPair({ queue: ownQueue(), prefetch: 20 });
  await sendAll(producer, numbered(2000));
  for (const text of numbered(1900)) expect((await consumer.receive()).text()).toBe(text);
  expect(consumer.stats().prefetch).toBe(20);
  expect(unsettled(consumer.stats())).toBeLessThanOrEqual(20);
});

it('prefetch: auto stays at 16 for a quorum queue, in order', async () => {
  const { producer, consumer } = await openPair({ queue: ownQueue({ type: 'quorum' }) });
  await sendAll(producer, numbered(2000));
  for (const text of numbered(2000)) expect((await consumer.receive()).text()).toBe(text);
  expect(consumer.stats().prefetch).toBe(16);
});

it('prefetch: auto is narrow again after fast work, and slow work is shared evenly', async () => {
  const queue = ownQueue();
  const { exchange, producer, consumer } = await openPair({ queue });
  await sendAll(producer, numbered(3000));
  for (const text of numbered(3000)) expect((await consumer.receive()).text()).toBe(text);
  expect(consumer.stats().prefetch).toBeGreaterThan(16);
  await expect.poll(() => consumer.stats().prefetch).toBe(16);
  const other = await openConsumer({ exchange, queue });
  await sendAll(producer, numbered(100));
  await expect.poll(() => other.stats().received).toBe(16);
  expect(consumer.stats().received).toBeLessThanOrEqual(3000 + 16 + 1);
});
