import { once } from 'node:events';
import { CV_8UC3, MatmqError, PublishError, type Receipt } from 'matmq';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PrivateBroker, startPrivateBroker } from '../../../tools/private-broker.js';
import { failure, numbered, openPair, ownQueue, receiveTexts, sendAll } from '../../support/clients.js';
import { freeze } from '../../support/freeze.js';
import { noise } from '../../support/mats.js';

/** More than all buffers between a producer and a broker that reads nothing: its rest stays in the producer. */
const PLUG = new Uint8Array(32 * 1024 * 1024);

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let broker: PrivateBroker;
beforeAll(async () => {
  broker = await startPrivateBroker();
});
afterAll(() => broker.stop());
// Before the producers exit, which would take five seconds each with a frozen broker.
afterEach(() => broker.signal('SIGCONT'));

const open: typeof openPair = (common, own) => openPair({ url: broker.url, ...common }, own);

/** Which of the promises are settled once all others had their turn. */
async function settled(promises: readonly Promise<unknown>[]): Promise<boolean[]> {
  const states = promises.map(() => false);
  for (const [i, promise] of promises.entries()) {
    const mark = () => {
      states[i] = true;
    };
    promise.then(mark, mark);
  }
  await new Promise(setImmediate);
  return states;
}

describe('a frozen broker', () => {
  it('lets nothing be confirmed until it goes on', async () => {
    const { producer, consumer } = await open();
    await freeze(broker);
    const receipt = await producer.send('x');
    await failure(producer.flush({ timeout: 100 }), MatmqError, 'TIMEOUT', '100 ms', '1 messages are not confirmed');
    const reason = new Error('no more patience');
    const controller = new AbortController();
    const flushed = producer.flush({ signal: controller.signal });
    controller.abort(reason);
    await expect(flushed).rejects.toBe(reason);
    expect(await settled([receipt.confirmed])).toEqual([false]);
    expect(producer.stats()).toMatchObject({ sent: 1, confirmed: 0, pendingMessages: 1, pendingBytes: 1 });
    broker.signal('SIGCONT');
    await receipt.confirmed;
    await producer.flush();
    expect((await consumer.receive()).text()).toBe('x');
  });

  it('is not waited for with confirm: false', async () => {
    const { producer } = await open({ confirm: false });
    await freeze(broker);
    await (await producer.send('x')).confirmed;
    await producer.flush();
  });

  it('does not keep exit() from its end: unconfirmed messages are told, and the producer is closed', async () => {
    const { producer } = await open();
    await freeze(broker);
    const receipt = await producer.send(PLUG);
    const told = failure(receipt.confirmed, PublishError, 'NOT_CONFIRMED', 'closed');
    const before = performance.now();
    await producer.exit();
    await told;
    expect(performance.now() - before).toBeLessThan(7000);
    expect(producer.closed).toBe(true);
  });
});

describe("with whenFull 'wait'", () => {
  it('a producer holds as many messages as highWaterMark says, and no more', async () => {
    const { producer, consumer } = await open({}, { producer: { highWaterMark: 3 } });
    await freeze(broker);
    const sends = numbered(6).map((text) => producer.send(text));
    expect(await settled(sends)).toEqual([true, true, true, false, false, false]);
    expect(producer.stats()).toMatchObject({ sent: 3, pendingMessages: 3, waitingSends: 3 });
    broker.signal('SIGCONT');
    await Promise.all(sends);
    expect(await receiveTexts(consumer, 6)).toEqual(numbered(6));
  });

  it('a producer holds as many bytes as highWaterMark says, but one larger message alone', async () => {
    const { producer, consumer } = await open({}, { producer: { highWaterMark: { bytes: 1000 } } });
    await freeze(broker);
    const sizes = [400, 600, 1, 5000, 1];
    const sends = sizes.map((size) => producer.send(new Uint8Array(size)));
    expect(await settled(sends)).toEqual([true, true, false, false, false]);
    expect(producer.stats()).toMatchObject({ pendingMessages: 2, pendingBytes: 1000, waitingSends: 3 });
    broker.signal('SIGCONT');
    for (const size of sizes) expect((await consumer.receive()).size).toBe(size);
  });

  it('an image counts with its pixels until it is encoded', async () => {
    const { producer, consumer } = await open({}, { producer: { highWaterMark: { bytes: 500_000 } } });
    await freeze(broker);
    const sends = [1, 2].map(() => producer.sendImage(noise(300, 300, CV_8UC3), '.jpg', { quality: 1 }));
    // The pixels of both are more than it holds. Encoded, the first leaves room, although nothing was confirmed.
    await Promise.all(sends);
    expect(producer.stats()).toMatchObject({ sent: 2, confirmed: 0 });
    broker.signal('SIGCONT');
    expect((await consumer.receiveImage()).rows).toBe(300);
  });

  it('a send that waits can be given up, and is not sent', async () => {
    const { producer, consumer } = await open({}, { producer: { highWaterMark: 1 } });
    await freeze(broker);
    const controller = new AbortController();
    const sends = ['0', 'given up', '1'].map((text, i) =>
      producer.send(text, i === 1 ? { signal: controller.signal } : {}),
    );
    controller.abort(new Error('too late'));
    await expect(sends[1]).rejects.toThrow('too late');
    broker.signal('SIGCONT');
    await Promise.all([sends[0], sends[2]]);
    expect(await receiveTexts(consumer, 2)).toEqual(['0', '1']);
  });
});

describe("with whenFull 'reject'", () => {
  it('a send that finds no room is refused, and the others arrive', async () => {
    const { producer, consumer } = await open({ whenFull: 'reject' }, { producer: { highWaterMark: 2 } });
    await freeze(broker);
    await producer.send('0');
    await producer.send('1');
    const error = await failure(producer.send('2'), PublishError, 'QUEUE_FULL', '2 messages', 'highWaterMark');
    expect(error.failures).toEqual([]);
    expect(producer.stats()).toMatchObject({ sent: 2, dropped: 0, waitingSends: 0 });
    broker.signal('SIGCONT');
    await producer.flush();
    await producer.send('3');
    expect(await receiveTexts(consumer, 3)).toEqual(['0', '1', '3']);
  });
});

describe("with whenFull 'dropOldest'", () => {
  it('the oldest that is not on its way makes room for the newest, and is counted', async () => {
    const { producer, consumer } = await open({ whenFull: 'dropOldest' }, { producer: { highWaterMark: 3 } });
    await freeze(broker);
    await producer.send(PLUG);
    // The first octets have left it: from now on it is on its way.
    await expect.poll(() => producer.stats().bytesWritten).toBeGreaterThan(100_000);
    const receipts: Receipt[] = [];
    for (const text of numbered(10)) receipts.push(await producer.send(text));
    expect(producer.stats()).toMatchObject({ sent: 11, dropped: 8, failed: 0, pendingMessages: 3 });
    const dropped = receipts
      .slice(0, 8)
      .map(({ confirmed }) => failure(confirmed, PublishError, 'DROPPED', 'dropOldest'));
    await Promise.all(dropped);
    broker.signal('SIGCONT');
    expect((await consumer.receive()).size).toBe(PLUG.length);
    expect(await receiveTexts(consumer, 2)).toEqual(['8', '9']);
    await producer.flush();
  });
});

describe("a consumer's inbox", () => {
  it('is bounded by bytes whatever the prefetch, and loses nothing', async () => {
    const bytes = 1_000_000;
    const { producer, consumer } = await open(
      { prefetch: 0, queue: ownQueue() },
      { consumer: { highWaterMark: { bytes } } },
    );
    for (let i = 0; i < 200; i++) await producer.send(new Uint8Array(200_000).fill(i));
    await producer.flush();
    for (let i = 0; i < 200; i++) {
      // The message that fills it and no other may pass the mark.
      expect(consumer.stats().inboxBytes).toBeLessThan(bytes + 200_000);
      const { body } = await consumer.receive();
      expect(body[199_999]).toBe(i);
    }
  });

  it('is bounded by count whatever the prefetch, and loses nothing', async () => {
    const { producer, consumer } = await open({ prefetch: 0, queue: ownQueue() }, { consumer: { highWaterMark: 10 } });
    for (let i = 0; i < 200; i++) await producer.send(new Uint8Array(200_000).fill(i));
    await producer.flush();
    for (let i = 0; i < 200; i++) {
      expect(consumer.stats().inboxMessages).toBeLessThanOrEqual(10);
      expect((await consumer.receive()).body[0]).toBe(i);
    }
  });
});

describe('a memory alarm', () => {
  it('is told, holds messages back within the high-water mark, and loses none', async () => {
    const { producer, consumer } = await open({ queue: ownQueue() }, { producer: { highWaterMark: 5 } });
    const peer = `127.0.0.1:${broker.port}`;
    const blocked = once(producer, 'blocked');
    await broker.ctl('set_vm_memory_high_watermark', '0.00001');
    // The broker tells it to who publishes.
    void producer.send('0');
    expect(await blocked).toEqual([{ peer, reason: 'low on memory' }]);
    expect(producer.stats()).toMatchObject({ blocked: true, connected: true });
    const sends = sendAll(producer, numbered(20, 1));
    expect(producer.stats().pendingMessages).toBeLessThanOrEqual(5);
    const unblocked = once(producer, 'unblocked');
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    expect(await unblocked).toEqual([{ peer }]);
    expect(producer.stats().blocked).toBe(false);
    await sends;
    expect(await receiveTexts(consumer, 21)).toEqual(numbered(21));
  });
});
