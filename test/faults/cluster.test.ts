import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { startPrivateCluster } from '../../tools/private-cluster.js';
import { unique } from '../support/clients.js';
import { expectDelivered, Receiver, Sender } from './support/client.js';
import { fault, rounded } from './support/fault.js';

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
      const at = await sender.nextConfirm();
      // All that was accepted so far, so something that was sent after the kill.
      await receiver.distinct((await sender.state()).sent);
      slowest = Math.max(slowest, (at - killedAt) / 1000, (Date.now() - killedAt) / 1000);
      step(`kill ${kill}: ${leader.nodeName} to start again`);
      await leader.restart();
    }
    step('the end');
    const sent = await sender.finish();
    const received = await receiver.finished();
    // The new leader may deliver on before it gives back what the dead node's consumer held.
    expectDelivered(sent, { ...received, outOfOrder: 0 });
    expect(slowest).toBeLessThanOrEqual(15);
    for (const client of [sender, receiver]) {
      reconnects += (await client.events()).filter(({ kind }) => kind === 'connected').length;
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
      'going on after, s, at most': rounded(slowest),
    };
  },
});
