/** Messages above the broker's limit: in segments, through a broker that takes 1 MiB. */
import {
  type Consumer,
  type ConsumerOptions,
  CV_8UC1,
  CV_8UC3,
  EndOfTransmission,
  MatmqError,
  type Message,
  type Producer,
  type ProducerOptions,
  PublishError,
} from 'matmq';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PrivateBroker, startPrivateBroker } from '../../../tools/private-broker.js';
import {
  failure,
  numbered,
  openConsumer,
  openPair,
  openProducer,
  ownQueue,
  receiveAll,
  unique,
} from '../../support/clients.js';
import { expectSame, noise, regionOf } from '../../support/mats.js';
import { pika } from '../../support/python.js';

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KiB = 1024;
const MiB = 1024 * KiB;
const SEGMENT = 64 * KiB;

let broker: PrivateBroker;
beforeAll(async () => {
  broker = await startPrivateBroker({ config: `max_message_size = ${MiB}\n` });
});
afterAll(() => broker.stop());

/** Segments of 64 KiB, unless `own` says otherwise. */
const open: typeof openPair = (common, own = {}) =>
  openPair(
    { url: broker.url, reconnect: { initialDelay: 20, maxDelay: 200 }, ...common },
    { ...own, producer: { maxMessageSize: SEGMENT, ...own.producer } },
  );
const producerOn = (exchange: string, options: ProducerOptions = {}): Promise<Producer> =>
  openProducer({ url: broker.url, exchange, maxMessageSize: SEGMENT, ...options });
const consumerOn = (exchange: string, options: ConsumerOptions = {}): Promise<Consumer> =>
  openConsumer({ url: broker.url, exchange, reconnect: { initialDelay: 20, maxDelay: 200 }, ...options });

/** Bytes that no other message has. */
function bytes(size: number, seed = 1): Uint8Array {
  return new Uint8Array(noise(1, size, CV_8UC1, seed).data.buffer);
}
function expectBytes(message: Message, expected: Uint8Array): void {
  expect(message.size).toBe(expected.length);
  expect(Buffer.compare(message.body, expected), 'every byte of the body is the same').toBe(0);
}
/** Messages that are left in the queue. */
async function left(queue: string): Promise<number> {
  const lines = (await broker.ctl('list_queues', 'name', 'messages', '--no-table-headers')).split('\n');
  return Number(lines.find((line) => line.startsWith(queue))?.split('\t')[1]);
}

describe('a message above the limit', () => {
  it('arrives whole, rows of a region of interest included', async () => {
    const { producer, consumer } = await open();
    const mats = [noise(700, 500, CV_8UC3, 1), regionOf(noise, 700, 500, CV_8UC3)];
    for (const mat of mats) await producer.sendImage(mat, 'raw');
    for (const mat of mats) {
      const image = await consumer.receiveImage();
      expectSame(image, mat);
      expect(Object.keys(image.message.properties.headers ?? {}).sort()).toEqual([
        'mat-cols',
        'mat-rows',
        'mat-type',
        'sent-at',
      ]);
    }
    await producer.flush();
    const segments = 2 * Math.ceil((700 * 500 * 3) / SEGMENT);
    expect(producer.stats()).toMatchObject({ sent: 2, confirmed: 2, segments });
    expect(consumer.stats()).toMatchObject({ received: 2, segments, openMessages: 0, openBytes: 0, refused: 0 });
  });

  it('is whole whatever its size is, and goes in one piece when it fits', async () => {
    const { producer, consumer } = await open();
    for (const size of [SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1, 7 * SEGMENT - 1]) {
      const before = producer.stats().segments;
      const body = bytes(size, size);
      await (await producer.send(body)).confirmed;
      expectBytes(await consumer.receive(), body);
      expect(producer.stats().segments - before).toBe(size <= SEGMENT ? 0 : Math.ceil(size / SEGMENT));
    }
  });

  it('keeps its place among the others, and end of transmission its own', async () => {
    const { producer, consumer } = await open();
    for (let i = 0; i < 10; i++) {
      await producer.send(`${i}`);
      await producer.send(bytes(3 * SEGMENT + i, i));
    }
    await producer.sendEOT();
    await producer.send('behind');
    for (let i = 0; i < 10; i++) {
      expect((await consumer.receive()).text()).toBe(`${i}`);
      expectBytes(await consumer.receive(), bytes(3 * SEGMENT + i, i));
    }
    await failure(consumer.receive(), EndOfTransmission, 'END_OF_TRANSMISSION');
    expect((await consumer.receive()).text()).toBe('behind');
  });

  it('that a program passes on has no headers of the segments it came in', async () => {
    const first = await open();
    const second = await open();
    await first.producer.send(bytes(3 * SEGMENT));
    const message = await first.consumer.receive();
    const headers = { 'segment-index': 5, mine: 'x', ...message.properties.headers };
    await second.producer.send('small', { properties: { headers } });
    const passed = await second.consumer.receive();
    expect(passed.text()).toBe('small');
    expect(passed.properties.headers).toMatchObject({ mine: 'x' });
    expect(passed.properties.headers).not.toHaveProperty('segment-index');
  });

  it('fails once when it is returned, and the others go on', async () => {
    const { producer, consumer } = await open({ mandatory: true });
    const lost = await producer.send(bytes(40 * SEGMENT), { routingKey: unique('nowhere') });
    await producer.send(bytes(3 * SEGMENT));
    await failure(lost.confirmed, PublishError, 'UNROUTABLE');
    expectBytes(await consumer.receive(), bytes(3 * SEGMENT));
    await producer.flush();
    expect(producer.stats()).toMatchObject({ confirmed: 1, failed: 1, pendingMessages: 0 });
  });

  it('fails once when a queue does not take all of it', async () => {
    const queue = ownQueue({ arguments: { 'x-max-length': 5, 'x-overflow': 'reject-publish' } });
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange, { queue, prefetch: 1, ack: 'manual' });
    await consumer.exit();
    const producer = await producerOn(exchange);
    await failure((await producer.send(bytes(30 * SEGMENT))).confirmed, PublishError, 'NACKED');
    expect(producer.stats()).toMatchObject({ confirmed: 0, failed: 1, pendingMessages: 0 });
  });

  it('goes without confirms too', async () => {
    const { producer, consumer } = await open({ confirm: false });
    await (await producer.send(bytes(9 * SEGMENT))).confirmed;
    expectBytes(await consumer.receive(), bytes(9 * SEGMENT));
  });
});

describe('a limit that the broker did not tell', () => {
  it('is learned from its refusal: the message goes in segments then', async () => {
    const { producer, consumer } = await openPair({ url: broker.url, reconnect: { initialDelay: 20 } });
    const reasons: (string | undefined)[] = [];
    producer.on('disconnected', ({ error }) => reasons.push((error as MatmqError | undefined)?.code));
    await producer.send('before');
    await producer.send(bytes(5 * MiB));
    await producer.send('behind');
    await producer.flush();
    const received = await receiveAll(consumer, 3).then(async (first) =>
      first[1]?.size === 5 * MiB ? first : [first[0] as Message, ...(await receiveAll(consumer, 1)), ...first.slice(2)],
    );
    const large = received.find((message) => message.size === 5 * MiB);
    expectBytes(large as Message, bytes(5 * MiB));
    expect(reasons).toEqual(['TOO_LARGE']);
    await producer.send(bytes(2 * MiB, 2));
    await producer.flush();
    expect(reasons).toEqual(['TOO_LARGE']);
  });

  it('is TOO_LARGE for the message alone where there are no segments', async () => {
    const { producer, consumer } = await openPair({ url: broker.url, segment: false, reconnect: { initialDelay: 20 } });
    const small = await producer.send('before');
    await small.confirmed;
    const large = await producer.send(bytes(5 * MiB));
    const next = await producer.send('behind');
    await failure(large.confirmed, PublishError, 'TOO_LARGE', '1048576', 'maxMessageSize');
    await next.confirmed;
    expect((await receiveAll(consumer, 2)).map((message) => message.text())).toEqual(['before', 'behind']);
    await failure((await producer.send(bytes(MiB + 1))).confirmed, PublishError, 'TOO_LARGE', '1048576');
    expect(producer.stats()).toMatchObject({ connects: 2, failed: 2, pendingMessages: 0 });
  });

  it('is TOO_LARGE also where the producer does not reconnect', async () => {
    const { producer } = await openPair({ url: broker.url, segment: false, reconnect: false });
    await failure((await producer.send(bytes(5 * MiB))).confirmed, PublishError, 'TOO_LARGE', '1048576');
  });
});

describe('acknowledging', () => {
  it.each([1, 16])('40 segments pass with prefetch %d, and are acknowledged together', async (prefetch) => {
    const queue = ownQueue();
    const { producer, consumer } = await open({ queue, prefetch, ack: 'manual' });
    for (let i = 0; i < 3; i++) {
      await producer.send(bytes(40 * SEGMENT, i));
      await producer.send(`${i}`);
    }
    for (let i = 0; i < 3; i++) {
      const message = await consumer.receive();
      expectBytes(message, bytes(40 * SEGMENT, i));
      message.ack();
      const text = await consumer.receive();
      expect(text.text()).toBe(`${i}`);
      text.ack();
    }
    await expect.poll(() => left(queue.name)).toBe(0);
    expect(consumer.stats()).toMatchObject({ acknowledged: 6, connects: 1 });
    await producer.send('still here');
    expect((await consumer.receive()).text()).toBe('still here');
  });

  it('a message of segments counts as one against prefetch', async () => {
    const queue = ownQueue();
    const { producer, consumer } = await open({ queue, prefetch: 2, ack: 'manual' });
    await producer.send(bytes(10 * SEGMENT));
    for (const text of numbered(30)) await producer.send(text);
    await producer.flush();
    const large = await consumer.receive();
    await consumer.receive();
    await failure(consumer.receive({ timeout: 300 }), MatmqError, 'TIMEOUT');
    large.ack();
    expect((await consumer.receive()).text()).toBe('1');
  });

  it.each(['classic', 'quorum'] as const)('what was not acknowledged comes again, from a %s queue', async (type) => {
    const queue = ownQueue({ type });
    const exchange = unique('exchange');
    const first = await consumerOn(exchange, { queue, ack: 'manual', prefetch: 1 });
    const producer = await producerOn(exchange);
    for (const seed of [1, 2]) await producer.send(bytes(12 * SEGMENT, seed));
    expectBytes(await first.receive(), bytes(12 * SEGMENT, 1));
    await first.exit();
    const second = await consumerOn(exchange, { queue, ack: 'manual', prefetch: 1 });
    for (const seed of [1, 2]) {
      const message = await second.receive();
      expectBytes(message, bytes(12 * SEGMENT, seed));
      message.ack();
    }
    await expect.poll(() => left(queue.name)).toBe(0);
  });

  it.each(['classic', 'quorum'] as const)(
    'order is kept on a %s queue while messages in segments wait',
    async (type) => {
      const queue = ownQueue({ type });
      const { producer, consumer } = await open({ queue, prefetch: 5, ack: 'manual' });
      const sending = (async () => {
        for (let i = 0; i < 200; i++) await producer.send(i % 10 === 5 ? bytes(8 * SEGMENT, i) : `${i}`);
        await producer.flush();
      })();
      let held: Message[] = [];
      for (let i = 0; i < 200; i++) {
        const message = await consumer.receive();
        if (i % 10 === 5) expectBytes(message, bytes(8 * SEGMENT, i));
        else expect(message.text()).toBe(`${i}`);
        held.push(message);
        if (held.length < 4) continue;
        for (const one of held) one.ack();
        held = [];
      }
      await sending;
      expect(consumer.stats()).toMatchObject({ connects: 1, refused: 0 });
    },
  );

  it('a message that is given back comes again, whole', async () => {
    const { producer, consumer } = await open({ queue: ownQueue(), ack: 'manual', prefetch: 3 });
    await producer.send(bytes(12 * SEGMENT));
    for (let i = 0; i < 3; i++) {
      const message = await consumer.receive();
      expectBytes(message, bytes(12 * SEGMENT));
      message.nack(true);
    }
    (await consumer.receive()).nack(false);
    await producer.send('next');
    expect((await consumer.receive()).text()).toBe('next');
  });

  it('automatic acknowledgement of one message leaves the segments of another alone', async () => {
    const queue = ownQueue();
    const exchange = unique('exchange');
    const first = await consumerOn(exchange, { queue });
    const producer = await producerOn(exchange);
    const publish = segmentsOf('x-1', bytes(35), 10);
    await pika(broker.url, exchange, 'my_key_1', `${publish}\nsegment(0)\nsegment(1)\n`);
    for (const text of ['a', 'b', 'c']) await producer.send(text);
    for (const text of ['a', 'b', 'c']) expect((await first.receive()).text()).toBe(text);
    await first.exit();
    expect(await left(queue.name)).toBe(2);
    await pika(broker.url, exchange, 'my_key_1', `${publish}\nsegment(2)\nsegment(3)\n`);
    const second = await consumerOn(exchange, { queue });
    expectBytes(await second.receive(), bytes(35));
  });

  it('none: the message arrives all the same', async () => {
    const { producer, consumer } = await open({ ack: 'none', queue: ownQueue() });
    await producer.send(bytes(40 * SEGMENT));
    await producer.send('next');
    expectBytes(await consumer.receive(), bytes(40 * SEGMENT));
    expect((await consumer.receive()).text()).toBe('next');
  });
});

describe('kinds of queues', () => {
  it('with a single active consumer, the window is wide enough', async () => {
    const queue = ownQueue({ arguments: { 'x-single-active-consumer': true } });
    const exchange = unique('exchange');
    const active = await consumerOn(exchange, { queue, prefetch: 1, ack: 'manual' });
    const waiting = await consumerOn(exchange, { queue, prefetch: 1, ack: 'manual' });
    const producer = await producerOn(exchange);
    for (const seed of [1, 2]) await producer.send(bytes(20 * SEGMENT, seed));
    expectBytes(await active.receive(), bytes(20 * SEGMENT, 1));
    await active.exit();
    for (const seed of [1, 2]) {
      const message = await waiting.receive();
      expectBytes(message, bytes(20 * SEGMENT, seed));
      message.ack();
    }
  });

  it('with a single active consumer, more segments than the window are an error that says so', async () => {
    const queue = ownQueue({ arguments: { 'x-single-active-consumer': true } });
    const { producer, consumer } = await open({ queue, prefetch: 1, ack: 'manual' });
    await producer.send(bytes(80 * SEGMENT));
    await producer.send('next');
    await failure(consumer.receive(), MatmqError, 'INCOMPLETE_MESSAGE', 'raise prefetch');
    expect((await consumer.receive()).text()).toBe('next');
  });

  it('of a stream, segments are acknowledged as they come', async () => {
    const exchange = unique('exchange');
    const queue = { name: unique('stream'), type: 'stream' as const };
    const consumer = await consumerOn(exchange, { queue, prefetch: 1 });
    const producer = await producerOn(exchange);
    for (const seed of [1, 2]) {
      await producer.send(bytes(20 * SEGMENT, seed));
      await producer.send(`${seed}`);
    }
    for (const seed of [1, 2]) {
      expectBytes(await consumer.receive(), bytes(20 * SEGMENT, seed));
      expect((await consumer.receive()).text()).toBe(`${seed}`);
    }
    expect(consumer.stats()).toMatchObject({ received: 4, doubledSegments: 0 });
  });
});

/** Python that publishes any segment of a body of the given bytes (all alike, or from `noise`). */
function segmentsOf(id: string, body: Uint8Array, size = SEGMENT): string {
  const base64 = Buffer.from(body).toString('base64');
  return `
import base64, crc32c
body, size = base64.b64decode('${base64}'), ${size}
count = -(-len(body) // size)
def segment(at, data=None, **changed):
    headers = {'segment-index': at, 'segment-count': count, 'segment-offset': at * size, 'segment-total': len(body)}
    if at == count - 1: headers['segment-crc32c'] = crc32c.crc32c(body)
    headers.update({'segment-' + name: value for name, value in changed.items()})
    publish(body[at * size:][:size] if data is None else data, message_id='${id}', type='binary',
            headers={name: value for name, value in headers.items() if value is not None})
`;
}

describe('segments that are not as they should be', () => {
  const small = (id: string) => segmentsOf(id, bytes(35), 10);

  it('are refused by name, and the next message arrives', async () => {
    const exchange = unique('exchange');
    const dead = unique('exchange');
    const letters = ownQueue();
    await (await consumerOn(dead, { queue: letters })).exit();
    const consumer = await consumerOn(exchange, {
      queue: ownQueue({ arguments: { 'x-dead-letter-exchange': dead } }),
      prefetch: 2,
    });
    const receive = async (script: string, code: string, ...words: string[]) => {
      await pika(broker.url, exchange, 'my_key_1', script);
      const error = await failure(consumer.receive(), MatmqError, code, ...words);
      await pika(broker.url, exchange, 'my_key_1', "publish(b'next')");
      expect((await consumer.receive()).text()).toBe('next');
      return error;
    };
    await receive(
      `${small('a-1')}\nsegment(0)\nsegment(1, total=36)\nsegment(2)\nsegment(3)`,
      'BAD_SEGMENTS',
      'segment 1',
    );
    await receive(`${small('a-2')}\nsegment(0)\nsegment(1, index=7)`, 'BAD_SEGMENTS', 'segment-index');
    await receive(`${small('a-3')}\nsegment(0, count=None)`, 'BAD_SEGMENTS', 'segment-count');
    await receive(`${small('a-4')}\nsegment(0, total='35')`, 'BAD_SEGMENTS', 'segment-total');
    await receive(
      `${small('a-5')}\nfor i in range(4): segment(i, crc32c=1 if i == 3 else None)`,
      'BAD_SEGMENTS',
      'CRC32C',
    );
    await receive(`${small('a-6')}\nsegment(0)\nsegment(1, data=b'x' * 9)`, 'BAD_SEGMENTS', '9 bytes');
    await receive(`${small('a-7')}\nsegment(0, total=2**62, count=2, offset=0)`, 'BAD_SEGMENTS');
    await receive(`${small('a-8')}\nsegment(0, total=2**40, count=2, data=b'')`, 'BAD_SEGMENTS');
    const lacking = `${small('b-1')}\nsegment(0)\nsegment(1)\nsegment(3)\npublish(b'x', message_id='b-2')`;
    await pika(broker.url, exchange, 'my_key_1', lacking);
    expect((await consumer.receive()).text()).toBe('x');
    await failure(consumer.receive(), MatmqError, 'INCOMPLETE_MESSAGE', 'segment 2 did not come');
    await receive(`${small('c-1')}\nsegment(2)\nsegment(3)`, 'INCOMPLETE_MESSAGE', 'segment 0 is missing');
    // All of them are with the dead letters: 4 + 2 + 1 + 1 + 4 + 2 + 1 + 1 + 3 + 2.
    await expect.poll(() => left(letters.name)).toBe(21);
    expect(consumer.stats().openMessages).toBe(0);
  });

  it('doubled ones are dropped and counted', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange);
    await pika(broker.url, exchange, 'my_key_1', `${small('a-1')}\nfor i in [0, 1, 1, 2, 1, 3]: segment(i)`);
    expectBytes(await consumer.receive(), bytes(35));
    expect(consumer.stats()).toMatchObject({ segments: 6, doubledSegments: 2 });
  });

  it('a message of higher priority may come in the middle of another', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange);
    const urgent = "publish(b'urgent', message_id='a-2', priority=5)";
    const script = `${small('a-1')}\nsegment(0)\n${urgent}\nfor i in [1, 2, 3]: segment(i)`;
    await pika(broker.url, exchange, 'my_key_1', script);
    expect((await consumer.receive()).text()).toBe('urgent');
    expectBytes(await consumer.receive(), bytes(35));
  });

  it('a message that its sender begins anew is received once', async () => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const consumer = await consumerOn(exchange, { queue, prefetch: 1 });
    await pika(broker.url, exchange, 'my_key_1', `${small('a-1')}\nfor i in [0, 1, 2, 0, 1, 2, 3]: segment(i)`);
    expectBytes(await consumer.receive(), bytes(35));
    await consumer.exit();
    expect(await left(queue.name)).toBe(0);
  });

  it('a message beyond limits.messageBytes is one error', async () => {
    const { producer, consumer } = await open({ limits: { messageBytes: 5 * SEGMENT } });
    await producer.send(bytes(5 * SEGMENT + 1));
    await producer.send('next');
    const error = await consumer.receive().then(
      () => expect.fail('it was received'),
      (reason: unknown) => reason as MatmqError,
    );
    expect(error.code).toBe('LIMIT_EXCEEDED');
    expect((await consumer.receive()).text()).toBe('next');
    expect(consumer.stats()).toMatchObject({ refused: 1, openMessages: 0 });
  });
});

describe('several producers', () => {
  it('may send at once to one queue: each message is whole, each order kept', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange, { queue: ownQueue(), prefetch: 1 });
    const producers = await Promise.all([0, 1, 2].map((i) => producerOn(exchange, { name: `camera-${i}` })));
    const sending = producers.map(async (producer, i) => {
      for (let n = 0; n < 5; n++) await producer.send(bytes(10 * SEGMENT + i, 10 * i + n));
      await producer.flush();
    });
    const next = [0, 0, 0];
    for (let count = 0; count < 15; count++) {
      const message = await consumer.receive();
      const i = message.size - 10 * SEGMENT;
      expectBytes(message, bytes(10 * SEGMENT + i, 10 * i + (next[i] as number)));
      next[i] = (next[i] as number) + 1;
    }
    await Promise.all(sending);
    expect(next).toEqual([5, 5, 5]);
  });
});

describe('when the connection is lost in the middle of a message', () => {
  const closeAll = () => broker.ctl('close_all_connections', 'test of segments');

  it('the producer sends all of it again, and the consumer throws the torn one away', async () => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const producer = await producerOn(exchange, {
      durable: true,
      persistent: true,
      maxMessageSize: MiB,
      reconnect: { initialDelay: 20, maxDelay: 200 },
    });
    const consumer = await consumerOn(exchange, { durable: true, queue, prefetch: 1, ack: 'manual' });
    const body = bytes(60 * MiB);
    await producer.send('first');
    await producer.send(body);
    await producer.send('last');
    await expect
      .poll(() => consumer.stats().openMessages + producer.stats().segments, { interval: 1 })
      .toBeGreaterThan(3);
    await closeAll();
    const texts: string[] = [];
    let large = 0;
    while (texts.at(-1) !== 'last') {
      const message = await consumer.receive();
      if (message.size > MiB) {
        expectBytes(message, body);
        large++;
      } else {
        texts.push(message.text());
      }
      message.ack();
    }
    await producer.flush();
    expect(large).toBeGreaterThanOrEqual(1);
    expect(texts[0]).toBe('first');
    expect(producer.stats().connects).toBeGreaterThan(1);
    await expect.poll(() => left(queue.name)).toBe(0);
  });

  it('what a temporary queue does not deliver again is told of', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange);
    await pika(broker.url, exchange, 'my_key_1', `${segmentsOf('a-1', bytes(35), 10)}\nsegment(0)\nsegment(2)`);
    await expect.poll(() => consumer.stats().segments).toBe(2);
    await closeAll();
    await failure(consumer.receive(), MatmqError, 'INCOMPLETE_MESSAGE', 'segments 1 and 3', 'connection was lost');
  });

  it('a named queue delivers them again, and nobody is told', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange, { queue: ownQueue(), durable: true });
    const script = segmentsOf('a-1', bytes(35), 10);
    await pika(broker.url, exchange, 'my_key_1', `${script}\nsegment(0)\nsegment(1)`);
    await expect.poll(() => consumer.stats().segments).toBe(2);
    await closeAll();
    await pika(broker.url, exchange, 'my_key_1', `${script}\nsegment(2)\nsegment(3)`);
    expectBytes(await consumer.receive(), bytes(35));
  });
});

describe('several consumers of one queue', () => {
  it('tear messages apart, and each arrives all the same', async () => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const consumers = await Promise.all([0, 1].map(() => consumerOn(exchange, { queue, prefetch: 4, ack: 'manual' })));
    const producer = await producerOn(exchange);
    const received: number[] = [];
    const errors: MatmqError[] = [];
    const work = consumers.map(async (consumer) => {
      try {
        for (;;) {
          const message = await consumer.receive();
          expectBytes(message, bytes(12 * SEGMENT + message.size - 12 * SEGMENT, message.size - 12 * SEGMENT));
          received.push(message.size - 12 * SEGMENT);
          message.ack();
        }
      } catch (error) {
        errors.push(error as MatmqError);
      }
    });
    for (let i = 0; i < 4; i++) await producer.send(bytes(12 * SEGMENT + i, i));
    await expect.poll(() => [...received].sort()).toEqual([0, 1, 2, 3]);
    expect(errors).toEqual([]);
    await expect.poll(() => left(queue.name)).toBe(0);
    for (const consumer of consumers) await consumer.exit();
    await Promise.all(work);
    expect(errors.map((error) => error.code)).toEqual(['CLOSED', 'CLOSED']);
  });

  it('share messages that are not in segments as before', async () => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const consumers = await Promise.all([0, 1].map(() => consumerOn(exchange, { queue, prefetch: 1 })));
    const producer = await producerOn(exchange);
    for (const text of numbered(20)) await producer.send(text);
    const texts: string[] = [];
    const work = consumers.map(async (consumer) => {
      for (;;) texts.push((await consumer.receive()).text());
    });
    const ends = Promise.allSettled(work);
    await expect.poll(() => texts.length).toBe(20);
    for (const consumer of consumers) await consumer.exit();
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    expect(texts.map(Number).sort((a, b) => a - b)).toEqual(numbered(20).map(Number));
  });
});

describe('forged segments', () => {
  /** Publishes segments of one byte that say they are those of a larger message. */
  const forged = (id: string, index: number, count: number, times = 1) => `
for i in range(${times}):
    publish(b'x', message_id='${id}'.replace('N', str(i)), type='binary', headers={'segment-index': ${index},
            'segment-count': ${count}, 'segment-offset': ${index}, 'segment-total': ${count}})
`;

  /** Takes messages until the consumer ends: their texts, and the codes of what failed. */
  function work(consumer: Consumer) {
    const texts: string[] = [];
    const codes: string[] = [];
    const ended = (async () => {
      for (;;) {
        try {
          texts.push((await consumer.receive()).text());
        } catch (error) {
          codes.push((error as MatmqError).code);
          if (codes.at(-1) === 'CLOSED') return;
        }
      }
    })();
    return { texts, codes, ended };
  }

  it('of one byte without the first one ends none of several consumers, and is dead-lettered', async () => {
    const exchange = unique('exchange');
    const dead = unique('exchange');
    const letters = ownQueue();
    await (await consumerOn(dead, { queue: letters })).exit();
    const queue = ownQueue({ arguments: { 'x-dead-letter-exchange': dead } });
    const consumers = await Promise.all([0, 1, 2].map(() => consumerOn(exchange, { queue })));
    const works = consumers.map(work);
    const producer = await producerOn(exchange);
    await pika(broker.url, exchange, 'my_key_1', forged('evil-N', 1, 3, 5));
    for (const text of numbered(30)) await producer.send(text);
    const all = () => works.flatMap(({ texts }) => texts);
    await expect.poll(() => all().length).toBe(30);
    await expect.poll(() => left(letters.name)).toBe(5);
    await expect.poll(() => works.flatMap(({ codes }) => codes)).toEqual(Array(5).fill('INCOMPLETE_MESSAGE'));
    for (const text of numbered(30, 30)) await producer.send(text);
    await expect.poll(() => all().length).toBe(60);
    expect(
      all()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbered(60).map(Number));
    for (const consumer of consumers) expect(consumer.closed).toBe(false);
    expect(consumers.map((consumer) => consumer.stats().refused).reduce((a, b) => a + b)).toBe(5);
    for (const consumer of consumers) await consumer.exit();
    await Promise.all(works.map(({ ended }) => ended));
  });

  it.each([1, 2])('in thousands stall no honest message (of %i consumers)', async (count) => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const consumers = await Promise.all(Array.from({ length: count }, () => consumerOn(exchange, { queue })));
    const works = consumers.map(work);
    const producer = await producerOn(exchange);
    await pika(broker.url, exchange, 'my_key_1', forged('evil-N', 1, 3, 3000));
    for (const text of numbered(20)) await producer.send(text);
    await expect.poll(() => works.flatMap(({ texts }) => texts).length).toBe(20);
    await expect.poll(() => left(queue.name)).toBe(0);
    expect(works.flatMap(({ codes }) => codes)).toHaveLength(3000);
    for (const consumer of consumers) await consumer.exit();
    await Promise.all(works.map(({ ended }) => ended));
  });

  it('that announce a large message open no window: prefetch holds', async () => {
    const exchange = unique('exchange');
    const queue = ownQueue();
    const consumer = await consumerOn(exchange, { queue, prefetch: 16, ack: 'manual' });
    const producer = await producerOn(exchange);
    await pika(broker.url, exchange, 'my_key_1', forged('evil-1', 0, 65_535));
    for (const text of numbered(500)) await producer.send(text);
    await producer.flush();
    const messages = await receiveAll(consumer, 16);
    await failure(consumer.receive({ timeout: 300 }), MatmqError, 'TIMEOUT');
    expect(messages.map((message) => message.text())).toEqual(numbered(16));
    expect(consumer.stats()).toMatchObject({ segments: 1, openMessages: 1 });
    expect(consumer.stats().received).toBeLessThanOrEqual(16 + 4);
    messages[0]?.ack();
    expect((await consumer.receive()).text()).toBe('16');
  });

  it('that announce large messages push no half-arrived one out', async () => {
    const exchange = unique('exchange');
    const consumer = await consumerOn(exchange, { queue: ownQueue() });
    const body = bytes(30_000);
    const announce = `
for i in range(100):
    publish(b'x' * 1000, message_id=f'evil-{i}', type='binary', headers={'segment-index': 0, 'segment-count': 65535,
            'segment-offset': 0, 'segment-total': 65535000})
`;
    const honest = segmentsOf('honest-1', body, 10_000);
    await pika(
      broker.url,
      exchange,
      'my_key_1',
      `${honest}\nsegment(0)\n${announce}\n${honest}\nsegment(1)\nsegment(2)`,
    );
    const codes: string[] = [];
    let message: Message | undefined;
    while (message === undefined) {
      message = await consumer.receive().catch((error: MatmqError) => {
        codes.push(error.code);
        return undefined;
      });
    }
    expectBytes(message, body);
    expect(new Set(codes)).toEqual(new Set(['INCOMPLETE_MESSAGE']));
    // Each takes the first page of its memory, whatever it announces.
    expect(consumer.stats().openBytes).toBeLessThan(64 * 2 * MiB);
  });
});

describe("a consumer that refuses segments (segments: 'refuse')", () => {
  it.each(['classic', 'quorum'])(
    'rejects each by itself, and receives what is whole, from a %s queue',
    async (kind) => {
      const { producer, consumer } = await open(
        { queue: { name: unique('queue'), arguments: { 'x-queue-type': kind } } },
        { consumer: { segments: 'refuse' } },
      );
      await producer.send(bytes(2 * SEGMENT + 1));
      await producer.send('whole');
      for (let i = 0; i < 3; i++) await failure(consumer.receive(), MatmqError, 'BAD_SEGMENTS', 'refuses segments');
      expect((await consumer.receive()).text()).toBe('whole');
      expect(consumer.stats()).toMatchObject({ refused: 3, openMessages: 0, segments: 0 });
    },
  );
});
