import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { startPrivateCluster } from '../../tools/private-cluster.js';
import { unique } from '../support/clients.js';
import { Receiver, Sender } from './support/client.js';
import { fault, rounded } from './support/fault.js';

/** Waits for so many seconds; says what the sender has when that is not enough. */
async function within<T>(seconds: number, wait: () => Promise<T>, sender: Sender): Promise<T> {
  const over = new AbortController();
  const tooLong = delay(1000 * seconds, undefined, over).then(async () => {
    const { sent, confirmed, failed, failures } = await sender.state();
    throw new Error(`nothing in ${seconds} s: ${sent} sent, ${confirmed} confirmed, ${failed} failed: ${failures[0]}`);
  });
  try {
    return await Promise.race([wait(), tooLong]);
  } finally {
    tooLong.catch(() => {});
    over.abort();
  }
}

fault({
  name: 'cluster-leader-killed',
  holds: 'the node of a quorum queue leader killed under load costs a moment, and nothing is lost',
  short: { kills: 1, messagesPerKill: 200 },
  long: { kills: 10, messagesPerKill: 2_000 },
  timeout: { short: 240, long: 1_800 },
  async run({ size: { kills, messagesPerKill }, random, step }) {
    step('three nodes to start');
    const cluster = await startPrivateCluster(3);
    onTestFinished(() => cluster.stop());
    const connection = { exchange: unique('exchange'), durable: true };
    const queue = { name: unique('queue'), type: 'quorum' as const };
    const urls = cluster.urls;
    const receiver = await Receiver.open({ ...connection, url: urls, queue, prefetch: 50 });
    const load = { minBytes: 100, maxBytes: 10_000, perSecond: 300, seed: random.integer(1, 2 ** 31) };
    const sender = await Sender.open({ ...connection, url: [...urls].reverse(), persistent: true }, load);
    await sender.start();
    let slowest = 0;
    let reconnects = 0;
    let refusing = 0;
    for (let kill = 0; kill < kills; kill++) {
      step(`kill ${kill}: messages`);
      const { confirmed } = await sender.state();
      await sender.confirmed(confirmed + messagesPerKill);
      await expect.poll(() => cluster.onlineMembersOf(queue.name), { timeout: 120_000 }).toBe(3);
      const leader = await cluster.leaderOf(queue.name);
      if (leader === undefined) throw new Error('The queue has no leader');
      await delay(random.integer(0, 300));
      step(`kill ${kill}: to go on without ${leader.nodeName}`);
      await leader.kill();
      const killedAt = Date.now();
      const at = await within(60, () => sender.nextConfirm(), sender);
      // All that was accepted so far, so something that was sent after the kill.
      const { sent } = await sender.state();
      await within(60, () => receiver.distinct(sent), sender);
      slowest = Math.max(slowest, (at - killedAt) / 1000, (Date.now() - killedAt) / 1000);
      step(`kill ${kill}: ${leader.nodeName} to start again`);
      await leader.restart();
    }
    step('the end');
    const sent = await sender.finish();
    const received = await receiver.finished();
    // Not the order: the new leader may deliver on before it gives back what the dead node's consumer held.
    expect({ failures: sent.failures, errors: received.errors }).toEqual({ failures: [], errors: [] });
    expect({ confirmed: sent.confirmed, distinct: received.distinct }).toEqual({
      confirmed: sent.sent,
      distinct: sent.sent,
    });
    expect({ missing: received.missing, corrupt: received.corrupt }).toEqual({ missing: [], corrupt: 0 });
    expect(slowest).toBeLessThanOrEqual(15);
    for (const client of [sender, receiver]) {
      const events = await client.events();
      reconnects += events.filter(({ kind }) => kind === 'connected').length;
      refusing += events.filter(({ code }) => code === 'ALL_REFUSED').length;
    }
    await sender.quit();
    await receiver.quit();
    return {
      nodes: 3,
      kills,
      confirmed: sent.confirmed,
      lost: received.missing.length,
      'sent twice': received.resent.length,
      redelivered: received.redelivered.length,
      'out of order': received.outOfOrder,
      reconnects,
      'of them because of refusals': refusing,
      'going on after, s, at most': rounded(slowest),
    };
  },
});
