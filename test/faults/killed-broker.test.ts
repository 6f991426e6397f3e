import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { unique } from '../support/clients.js';
import { ownBroker } from '../support/own-broker.js';
import { finish, Receiver, Sender } from './support/client.js';
import { fault, rounded } from './support/fault.js';

fault({
  name: 'killed-broker',
  holds: 'a broker killed and started again under load loses nothing that was confirmed',
  short: { kills: 2, messages: 4_000 },
  long: { kills: 30, messages: 100_000 },
  timeout: { short: 60, long: 1800 },
  async run({ size: { kills, messages }, random, step }) {
    const broker = await ownBroker();
    const connection = { url: broker.url, exchange: unique('exchange'), durable: true };
    const receiver = await Receiver.open({ ...connection, queue: { name: unique('queue') }, prefetch: 200 });
    const load = { minBytes: 16, maxBytes: 3_000, seed: random.integer(1, 2 ** 31) };
    const sender = await Sender.open({ ...connection, persistent: true }, load);
    await sender.start();

    const perKill = Math.ceil(messages / kills);
    const again: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const { confirmed } = await sender.state();
      step(`kill ${kill}: ${perKill} confirmations after ${confirmed}`);
      await sender.confirmed(confirmed + perKill);
      // Not always behind the same message.
      await delay(random.integer(0, 300));
      const killedAt = Date.now();
      await broker.kill();
      step(`kill ${kill}: the sender to notice`);
      await sender.event('disconnected', killedAt);
      const next = sender.nextConfirm();
      step(`kill ${kill}: the broker to start`);
      await broker.restart();
      const openedAt = Date.now();
      step(`kill ${kill}: the next confirmation`);
      again.push(((await next) - openedAt) / 1000);
    }
    step('the end');
    const { sent, received } = await finish(sender, receiver);
    expect(sent.confirmed).toBeGreaterThanOrEqual(messages);
    expect(Math.max(...again)).toBeLessThanOrEqual(6);
    return {
      kills,
      confirmed: sent.confirmed,
      lost: received.missing.length,
      'sent twice': received.resent.length,
      redelivered: received.redelivered.length,
      'widest window': Math.max(...sent.windows.map((window) => window.length)),
      'publishing again after, s, at most': rounded(Math.max(...again)),
      'in the mean': rounded(again.reduce((sum, one) => sum + one, 0) / again.length),
    };
  },
});
