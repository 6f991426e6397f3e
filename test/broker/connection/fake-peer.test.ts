// What a real broker cannot be made to do, one thing at a time; test/faults/injections.test.ts does everything.
import { ChannelError, ConnectionError, Consumer, Producer } from 'matmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure } from '../../support/clients.js';
import { delivery, FakeBroker, type FakeBrokerOptions, type Injector } from '../../support/fake/broker.js';
import { Fields, headerFrame, methodFrame } from '../../support/fake/frames.js';

async function fakeBroker(options: FakeBrokerOptions): Promise<FakeBroker> {
  const broker = await FakeBroker.start(options);
  onTestFinished(() => broker[Symbol.asyncDispose]());
  return broker;
}

/** Sends `octets` once, to the first connection, behind the first step called `what`. */
const onceBehind = (what: string, octets: Buffer): Injector => {
  let done = false;
  return {
    behind(step) {
      if (done || step.connection !== 1 || step.what !== what) return undefined;
      done = true;
      return { octets, next: 'go on' };
    },
  };
};

const channelClose = (code: number) =>
  methodFrame(1, 'channel.close', new Fields().short(code).shortstr('on purpose').short(0).short(0));

describe('a consumer', () => {
  it('does not take deliveries whose numbers have a gap, because it could not acknowledge them', async () => {
    const injector = onceBehind('got basic.ack', Buffer.concat(delivery(77, Buffer.from('ahead'))));
    const { url } = await fakeBroker({ injector });
    const consumer = await Consumer.connect({ url, ack: 'manual', reconnect: { initialDelay: 1 } });
    onTestFinished(() => consumer.exit());
    const lost = new Promise((resolve) => consumer.once('disconnected', resolve));
    (await consumer.receive()).ack();
    const { error } = (await lost) as { error: Error };
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toMatch(/Expected delivery \d of this channel but the broker numbered it 77/);
  });

  it('ends with a channel that is closed in the middle of a message, as in front of one', async () => {
    // The second delivery has several body frames.
    let frames = 0;
    const { url } = await fakeBroker({
      injector: {
        behind: ({ what }) =>
          what === 'sent the answer to basic.consume' && ++frames === 7
            ? { octets: channelClose(404), next: 'silent' }
            : undefined,
      },
    });
    const consumer = await Consumer.connect({ url, ack: 'none' });
    expect((await consumer.receive()).text()).toBe('first');
    await failure(consumer.receive(), ChannelError, 'NOT_FOUND', 'on purpose');
  });
});

describe('a peer that accepts the login and hangs up, each time,', () => {
  it('is tried less and less often', async () => {
    const { url } = await fakeBroker({
      injector: {
        behind: ({ what }) =>
          what === 'sent the answer to exchange.declare' ? { octets: Buffer.alloc(0), next: 'end' } : undefined,
      },
    });
    const producer = await Producer.connect({ url, reconnect: { initialDelay: 1, maxDelay: 20 } });
    onTestFinished(() => producer.exit());
    const attempts: number[] = [];
    await new Promise<void>((resolve) => {
      producer.on('reconnecting', ({ attempt }) => {
        if (attempts.push(attempt) === 6) resolve();
      });
    });
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('events', () => {
  it('that come with the connection are told to listeners who are added when connect() has resolved', async () => {
    // Behind the last answer, so that both are read at once, or nearly so.
    const injector = onceBehind(
      'sent the answer to exchange.declare',
      methodFrame(0, 'connection.blocked', new Fields().shortstr('low on memory')),
    );
    const { url } = await fakeBroker({ injector });
    const producer = await Producer.connect({ url });
    onTestFinished(() => producer.exit());
    const blocked = new Promise((resolve) => producer.once('blocked', resolve));
    expect(await blocked).toMatchObject({ reason: 'low on memory' });
  });
});

/** The answer to the login, with limits of the peer's own. */
const tuning = (channelMax: number, frameMax: number, heartbeat: number): Injector => ({
  instead: ({ what }) =>
    what === 'sending the answer to connection.start-ok'
      ? {
          octets: methodFrame(0, 'connection.tune', new Fields().short(channelMax).long(frameMax).short(heartbeat)),
          next: 'go on',
        }
      : undefined,
});

describe('limits that a peer states', () => {
  it.each([
    [0, 0, 0],
    [1, 4096, 1],
    [65_535, 2 ** 31, 65_535],
    [65_535, 2 ** 32 - 1, 65_535],
  ])('of %i channels, frames of %i octets and a heartbeat of %i s are kept to', async (...limits) => {
    const { url } = await fakeBroker({ injector: tuning(...limits) });
    const [producer, consumer] = await Promise.all([Producer.connect({ url }), Consumer.connect({ url })]);
    onTestFinished(async () => {
      await Promise.all([producer.exit(), consumer.exit()]);
    });
    await producer.send(Buffer.alloc(300_000));
    expect((await consumer.receive()).text()).toBe('first');
  });

  it.each([1, 7, 4095])(
    'of frames of %i octets, less than AMQP has, are an error of the protocol',
    async (frameMax) => {
      const { url } = await fakeBroker({ injector: tuning(1, frameMax, 1) });
      await failure(Producer.connect({ url, connectTimeout: 5000 }), ConnectionError, 'PROTOCOL_ERROR', '4096');
    },
  );

  it.each([2, 65_535])('do not let it speak on channel %i, which nobody opened', async (channel) => {
    const octets = methodFrame(channel, 'channel.open-ok', new Fields().longstr(''));
    const { url } = await fakeBroker({ injector: onceBehind('sent the answer to channel.open', octets) });
    await failure(Producer.connect({ url }), ConnectionError, 'PROTOCOL_ERROR', `channel ${channel}`);
  });

  it.each([2n ** 63n, 2n ** 64n - 1n])('of a body of %i octets are refused, and the consumer goes on', async (size) => {
    // In the place of the first delivery, whose rest never comes: the connection ends, and the next one is whole.
    let done = false;
    const injector: Injector = {
      instead: ({ what, connection }, frame) => {
        if (done || connection !== 1 || what !== 'sending the answer to basic.consume' || frame[0] !== 2) {
          return undefined;
        }
        done = true;
        return { octets: headerFrame(size), next: 'go on' };
      },
    };
    const { url } = await fakeBroker({ injector });
    const consumer = await Consumer.connect({ url, reconnect: { initialDelay: 1, maxDelay: 5 } });
    onTestFinished(() => consumer.exit());
    const memory = process.memoryUsage().rss;
    expect((await consumer.receive()).text()).toBe('first');
    expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('alarms that come and go without end', () => {
  it('leave the event loop its time, and no event for each', async () => {
    const flip = Buffer.concat([
      methodFrame(0, 'connection.blocked', new Fields().shortstr('low on memory')),
      methodFrame(0, 'connection.unblocked'),
    ]);
    const times = 200_000;
    const { url } = await fakeBroker({
      injector: onceBehind('sent the answer to exchange.declare', Buffer.concat(Array(times).fill(flip))),
    });
    const producer = await Producer.connect({ url });
    onTestFinished(() => producer.exit());
    let events = 0;
    producer.on('blocked', () => events++).on('unblocked', () => events++);
    let turns = 0;
    const turn = () => {
      turns++;
      if (producer.stats().bytesRead < flip.length * times) setImmediate(turn);
    };
    turn();
    await expect.poll(() => producer.stats().bytesRead).toBeGreaterThan(flip.length * times);
    // Of 400,000: how many is a matter of how often the addon wakes JavaScript.
    expect(events).toBeLessThan(times / 10);
    expect(turns).toBeGreaterThan(10);
    expect(producer.stats().blocked).toBe(false);
  });
});
