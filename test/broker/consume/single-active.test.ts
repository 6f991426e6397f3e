import { expect, it, vi } from 'vitest';
import { numbered, openConsumer, openProducer, sendAll, unique } from '../../support/clients.js';
import { ownBroker } from '../../support/own-broker.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000 });

/** A consumer has 5 of 20 messages when its connection dies and the broker does not know; another one subscribes. */
async function afterSilentDeath(singleActive: boolean) {
  const broker = await ownBroker();
  await using proxy = await TcpProxy.before(broker.port);
  const exchange = unique('exchange');
  const queue = { name: unique('queue'), arguments: { 'x-single-active-consumer': singleActive } };
  const common = { exchange, queue, ack: 'manual', prefetch: 5 } as const;
  const dead = await openConsumer({ ...common, url: proxy.url(broker.url), heartbeat: 0, reconnect: false });
  const producer = await openProducer({ url: broker.url, exchange });
  await sendAll(producer, numbered(20));
  await expect.poll(() => dead.stats().received).toBeGreaterThanOrEqual(5);
  const held = dead.stats().received;
  proxy.manner = { kind: 'swallow' };
  const next = await openConsumer({ ...common, url: broker.url });
  if (!singleActive) await expect.poll(() => next.stats().received).toBeGreaterThanOrEqual(5);
  const listed = await broker.ctl('list_queues', '--silent', 'messages_ready', 'messages_unacknowledged');
  const early = next.stats().received;
  proxy.resetAll();
  const messages = [];
  for (const text of numbered(20)) {
    const message = await next.receive();
    expect(message.ack(), text).toBe(true);
    messages.push(message);
  }
  await Promise.all([producer.exit(), next.exit(), dead.exit()]);
  return { held, listed: listed.trim(), early, messages };
}

it('without a single active consumer, what a silently dead consumer had comes late', async () => {
  const { held, messages } = await afterSilentDeath(false);
  expect(messages[0]?.text()).toBe(String(held));
  const texts = messages.map((message) => message.text());
  expect(texts).not.toEqual(numbered(20));
  expect(new Set(texts)).toEqual(new Set(numbered(20)));
});

it('with a single active consumer, the next one gets nothing until the broker knows, then all in order', async () => {
  const { held, listed, early, messages } = await afterSilentDeath(true);
  expect([early, listed]).toEqual([0, `${20 - held}\t${held}`]);
  expect(messages.map((message) => message.text())).toEqual(numbered(20));
  expect(messages.filter(({ redelivered }) => redelivered).map((message) => message.text())).toEqual(numbered(held));
});
