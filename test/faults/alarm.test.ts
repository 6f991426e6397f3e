import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { PrivateBroker } from '../../tools/private-broker.js';
import { unique } from '../support/clients.js';
import { ownBroker } from '../support/own-broker.js';
import { finish, Receiver, Sender } from './support/client.js';
import { fault, rounded } from './support/fault.js';

const MiB = 1024 * 1024;

interface Alarm {
  raise(broker: PrivateBroker): Promise<unknown>;
  clear(broker: PrivateBroker): Promise<unknown>;
}

const ALARMS: Readonly<Record<string, Alarm>> = {
  memory: {
    raise: (broker) => broker.ctl('set_vm_memory_high_watermark', '0.00001'),
    clear: (broker) => broker.ctl('set_vm_memory_high_watermark', '0.4'),
  },
  disk: {
    raise: (broker) => broker.ctl('set_disk_free_limit', '1000000GB'),
    clear: (broker) => broker.ctl('set_disk_free_limit', '1MB'),
  },
};

for (const [name, alarm] of Object.entries(ALARMS)) {
  fault({
    name: `alarm-${name}`,
    holds: `a ${name} alarm blocks the producer within its high-water mark, and loses nothing`,
    short: { seconds: 1, markMiB: 64 },
    long: { seconds: 60, markMiB: 64 },
    timeout: { short: 120, long: 400 },
    async run({ size: { seconds, markMiB }, random, step }) {
      const broker = await ownBroker();
      const connection = { url: broker.url, exchange: unique('exchange'), durable: true };
      const receiver = await Receiver.open({ ...connection, queue: { name: unique('queue') } });
      const load = { minBytes: 60_000, maxBytes: 70_000, seed: random.integer(1, 2 ** 31) };
      const mark = markMiB * MiB;
      const sender = await Sender.open({ ...connection, highWaterMark: { messages: 1_000_000, bytes: mark } }, load);
      // One at a time, so that no memory is taken that would hide what the alarm costs.
      await sender.sendSingly(20);
      const before = await sender.usage();

      step('the alarm');
      await alarm.raise(broker);
      await sender.start();
      await sender.event('blocked');
      step('the producer to be full');
      await expect.poll(async () => (await sender.state()).stats.pendingBytes).toBeGreaterThan(mark - 100_000);
      let most = 0;
      let pending = 0;
      for (const until = Date.now() + 1000 * seconds; Date.now() < until; await delay(100)) {
        most = Math.max(most, (await sender.usage()).rss - before.rss);
        pending = Math.max(pending, (await sender.state()).stats.pendingBytes);
      }
      const { confirmed } = await sender.state();

      step('the alarm to end');
      await alarm.clear(broker);
      await sender.event('unblocked');
      await sender.confirmed(confirmed + 500);
      step('the end');
      expect((await sender.events()).map(({ kind }) => kind).slice(0, 2)).toEqual(['blocked', 'unblocked']);
      const { sent, received } = await finish(sender, receiver);
      expect(received.received).toBe(sent.sent);
      expect(pending).toBeLessThanOrEqual(mark);
      expect(most).toBeLessThanOrEqual(1.1 * mark);
      return {
        'seconds blocked': seconds,
        'high-water mark, MiB': markMiB,
        'held at most, MiB': rounded(pending / MiB),
        'memory of the process, MiB more': rounded(most / MiB),
        confirmed: sent.confirmed,
        lost: received.missing.length,
        twice: received.received - received.distinct,
      };
    },
  });
}
