// What a real broker cannot be made to do, one thing at a time; test/faults/injections.test.ts does everything.
import { ChannelError, ConnectionError, Consumer, Producer } from 'matmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure } from '../../support/clients.js';
import { delivery, FakeBroker, type FakeBrokerOptions, type Injector } from '../../support/fake/broker.js';
import { Fields, methodFrame } from '../../support/fake/frames.js';

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
