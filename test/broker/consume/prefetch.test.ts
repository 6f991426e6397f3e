import { setTimeout as delay } from 'node:timers/promises';
import type { AckMode, QueueOptions } from 'matmq';
import { describe, expect, it } from 'vitest';
import { numbered, openPair, ownQueue, sendAll } from '../../support/clients.js';

/** Of messages that the program has not acknowledged. */
const unsettled = ({ received, acknowledged }: { received: number; acknowledged: number }) => received - acknowledged;

const KINDS: readonly [string, () => QueueOptions | undefined][] = [
  ['a classic queue', () => ownQueue()],
  ['a quorum queue', () => ownQueue({ type: 'quorum' })],
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
    // A quorum queue has room for the segments of a message, too.
    expect(unsettled(consumer.stats())).toBeLessThanOrEqual(256 + 33);
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
