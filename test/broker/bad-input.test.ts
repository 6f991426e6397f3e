import {
  ClosedError,
  Consumer,
  type ConsumerOptions,
  CV_8UC1,
  CV_8UC3,
  type ImageEncoding,
  ImageError,
  type ImageSource,
  Mat,
  type MatLike,
  MatmqError,
  Producer,
  type ProducerOptions,
  type SendOptions,
} from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import { getAddon } from '../../lib/addon/addon.js';
import { Keep } from '../../lib/addon/contract.js';
import { failure, openPair, receiveTexts, thrown, unique } from '../support/clients.js';
import { expectSame, noise } from '../support/mats.js';
import { pika } from '../support/python.js';

const mat = () => noise(20, 30, CV_8UC3);

describe('a matrix', () => {
  it('that is empty is refused', async () => {
    const { producer } = await openPair();
    for (const [rows, cols] of [
      [0, 0],
      [0, 5],
      [5, 0],
    ] as const) {
      const empty = new Mat(rows, cols, CV_8UC3);
      for (const encoding of ['.png', 'raw'] as const) {
        await failure(producer.sendImage(empty, encoding), ImageError, 'INVALID_MATRIX', 'empty', `${rows} rows`);
      }
    }
    expect(producer.stats().sent).toBe(0);
  });

  const pixels = new Uint8Array(12);
  const malformed: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    ['nothing', undefined, TypeError, /a Mat or an object .* for image but received undefined/],
    ['a string', 'photo.png', TypeError, /for image but received 'photo.png'/],
    ['bytes', pixels, TypeError, /for image/],
    ['no data', { rows: 2, cols: 2, type: CV_8UC3 }, TypeError, /a typed array for image.data/],
    ['data that is a list', { rows: 2, cols: 2, type: CV_8UC3, data: [1, 2] }, TypeError, /for data .* Array/],
    ['too little data', { rows: 2, cols: 3, type: CV_8UC3, data: pixels }, RangeError, /18 bytes .* for data .* 12/],
    ['too much data', { rows: 1, cols: 3, type: CV_8UC3, data: pixels }, RangeError, /9 bytes .* for data .* 12/],
    ['rows that are NaN', { rows: Number.NaN, cols: 2, type: 0, data: pixels }, RangeError, /for rows .* NaN/],
    ['rows below zero', { rows: -1, cols: 2, type: 0, data: pixels }, RangeError, /for rows .* -1/],
    ['rows that are text', { rows: '2', cols: 2, type: 0, data: pixels }, TypeError, /for rows .* '2' of type string/],
    [
      'columns that are endless',
      { rows: 1, cols: Number.POSITIVE_INFINITY, type: 0, data: pixels },
      RangeError,
      /cols/,
    ],
    ['a type OpenCV has not', { rows: 2, cols: 2, type: 7, data: pixels }, RangeError, /for type .* 7/],
    ['a name of no type', { rows: 2, cols: 2, type: 'RGB', data: pixels }, RangeError, /for type .* 'RGB'/],
    ['a step below a row', { rows: 2, cols: 2, type: CV_8UC3, data: pixels, step: 5 }, RangeError, /for step .* 5/],
    ['a step that is NaN', { rows: 2, cols: 2, type: 0, data: pixels, step: Number.NaN }, RangeError, /for step/],
  ];
  it.each(malformed)('that has %s is refused', async (_what, image, errorClass, words) => {
    const { producer } = await openPair();
    await failure(producer.sendImage(image as MatLike), errorClass, 'INVALID_ARGUMENT', words);
    expect(producer.stats().sent).toBe(0);
  });

  it('whose fields were changed behind its back is held against its memory again', async () => {
    const { producer } = await openPair();
    for (const [field, value] of [
      ['rows', 1_000_000],
      ['step', 1_000_000],
      ['cols', 5.5],
      ['type', 4095],
    ] as const) {
      const changed = Object.assign(mat(), { [field]: value });
      await failure(producer.sendImage(changed, 'raw'), RangeError, 'INVALID_ARGUMENT');
    }
    expect(() => Object.assign(mat(), { data: new Uint8Array(3) })).toThrow(TypeError);
  });
});

describe('an encoding', () => {
  it.each(['.gif', '.pam', '', 'jpe g', 'x'.repeat(1000)])('%j is refused, with those there are', async (encoding) => {
    const { producer } = await openPair();
    const error = await failure(
      producer.sendImage(mat(), encoding as ImageEncoding),
      ImageError,
      'UNKNOWN_FORMAT',
      "'.png'",
      "'raw'",
      encoding.slice(0, 60),
    );
    expect(error.message.length).toBeLessThan(300);
  });

  it('that is no string is refused', async () => {
    const { producer } = await openPair();
    const encoding = 90 as unknown as ImageEncoding;
    await failure(producer.sendImage(mat(), encoding), TypeError, 'INVALID_ARGUMENT', 'for encoding', '90');
  });

  it.each([
    ['.jpg', { quality: 101 }, RangeError, /quality/],
    ['.jpg', { quality: Number.NaN }, RangeError, /options.quality .* NaN/],
    ['.webp', { quality: 0 }, RangeError, /quality/],
    ['.png', { compression: 10 }, RangeError, /compression/],
    ['.png', { compression: '9' }, TypeError, /options.compression .* '9'/],
    ['.png', { quality: 90 }, RangeError, /no option 'quality' for PNG .* JPEG and WebP/],
    ['raw', { quality: 90 }, RangeError, /no option 'quality' for raw/],
    ['.bmp', { compression: 1 }, RangeError, /no option 'compression' for BMP .* PNG/],
    ['.jpg', { lossless: true }, RangeError, /no option 'lossless' for JPEG/],
    ['.webp', { progressive: true }, RangeError, /no option 'progressive' for WebP/],
    ['.webp', { lossless: true, quality: 80 }, RangeError, /quality/],
    ['.jpg', { restartInterval: 65_536 }, RangeError, /restart interval from 0 to 65535/],
    ['.jpg', { chromaSubsampling: '4:2:1' }, RangeError, /'4:2:0'.*options.chromaSubsampling/],
    ['.png', { filter: 1 }, TypeError, /options.filter/],
  ] as const)('%s with %j is refused', async (encoding, options, errorClass, words) => {
    const { producer } = await openPair();
    await failure(producer.sendImage(mat(), encoding, options as object), errorClass, 'INVALID_ARGUMENT', words);
  });
});

describe('a body', () => {
  it('that is no image is told with its message, and the next still arrives', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('no image');
    await producer.send('');
    await producer.sendImage(mat());
    for (const text of ['no image', '']) {
      const error = await failure(consumer.receiveImage(), ImageError, 'NOT_AN_IMAGE', /PNG|image/);
      expect(error.received?.text()).toBe(text);
    }
    expectSame(await consumer.receiveImage(), mat());
    expect(consumer.closed).toBe(false);
  });

  it('that is no image ends a loop, and another loop over the same goes on', async () => {
    const { producer, consumer } = await openPair();
    for (const i of [1, 2, 3]) {
      await producer.sendImage(noise(i, 1));
      await producer.send('no image');
    }
    await producer.sendEOT();
    const rows: number[] = [];
    const images = consumer.images();
    for (let failures = 0; ; ) {
      try {
        for await (const image of images) rows.push(image.rows);
        expect(failures).toBe(3);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
        failures++;
      }
    }
    expect(rows).toEqual([1, 2, 3]);
  });

  it('that is no image is acknowledged like any other, and can be rejected by hand', async () => {
    const { producer, consumer } = await openPair({ ack: 'manual', prefetch: 1 });
    await producer.send('no image');
    await producer.sendImage(mat());
    const error = await failure(consumer.receiveImage(), ImageError, 'NOT_AN_IMAGE');
    expect(error.received?.nack(false)).toBe(true);
    expect((await consumer.receiveImage()).message.ack()).toBe(true);
  });

  it('that is damaged is told, whatever it says it is', async () => {
    const { producer, consumer } = await openPair();
    const bodies: Uint8Array[] = [];
    for (const encoding of ['.png', '.jpg', '.webp', '.bmp'] as const) {
      await producer.sendImage(mat(), encoding);
      bodies.push((await consumer.receive()).body);
    }
    for (const body of bodies) {
      await producer.send(body.subarray(0, 40), { properties: { contentType: 'image/png' } });
      await failure(consumer.receiveImage(), ImageError, 'CANNOT_DECODE');
    }
    await producer.send(bodies[0] ?? '');
    expectSame(await consumer.receiveImage(), mat());
  });

  it.each([
    ['no headers', '{}'],
    ['rows below zero', "{'mat-rows': -2, 'mat-cols': 2, 'mat-type': 'CV_8UC3'}"],
    ['rows that are text', "{'mat-rows': '2', 'mat-cols': 2, 'mat-type': 'CV_8UC3'}"],
    ['a type there is not', "{'mat-rows': 2, 'mat-cols': 2, 'mat-type': 'CV_9XC3'}"],
    ['another size', "{'mat-rows': 3, 'mat-cols': 2, 'mat-type': 'CV_8UC3'}"],
    ['a size beyond all numbers', "{'mat-rows': 2**62, 'mat-cols': 2**62, 'mat-type': 'CV_64FC(512)'}"],
  ])('that is a raw matrix with %s is told', async (_what, headers) => {
    const { exchange, producer, consumer } = await openPair();
    await pika(
      inject('brokerUrl'),
      exchange,
      'my_key_1',
      `publish(bytes(12), content_type='application/x-cv-mat', headers=${headers})`,
    );
    const error = await consumer.receiveImage().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect(['CANNOT_DECODE', 'LIMIT_EXCEEDED']).toContain((error as ImageError).code);
    await producer.sendImage(mat());
    expectSame(await consumer.receiveImage(), mat());
  });

  it('that is an image beyond the limits is told before memory is taken', async () => {
    const { producer, consumer } = await openPair({ limits: { pixels: 600, decodedBytes: 1500 } });
    for (const [rows, type] of [
      [20, CV_8UC1],
      [21, CV_8UC1],
      [20, CV_8UC3],
    ] as const) {
      for (const encoding of ['.png', '.jpg', '.bmp', 'raw'] as const) {
        await producer.sendImage(noise(rows, 30, type), encoding);
        if (rows === 20 && type === CV_8UC1) expect((await consumer.receiveImage()).rows).toBe(20);
        else await failure(consumer.receiveImage(), ImageError, 'LIMIT_EXCEEDED', rows === 21 ? '600' : '1500');
      }
    }
  });

  it.each(['auto', 'manual', 'none'] as const)(
    "above limits.messageBytes is refused, and the next still arrives (ack '%s')",
    async (ack) => {
      const { producer, consumer } = await openPair({ ack, limits: { messageBytes: 100_000 } });
      for (const size of [100_000, 100_001, 2_000_000]) await producer.send(new Uint8Array(size));
      await producer.send('next');
      const fits = await consumer.receive();
      if (ack === 'manual') fits.ack();
      for (const size of [100_001, 2_000_000]) {
        const error = await failure(consumer.receive(), ImageError, 'LIMIT_EXCEEDED', 'messageBytes', String(size));
        expect(error.received?.size).toBe(0);
        expect(error.received?.messageId).toBeDefined();
      }
      expect((await consumer.receive()).text()).toBe('next');
      expect(consumer.stats()).toMatchObject({ refused: 2, received: 4 });
    },
  );
});

describe('memory', () => {
  it('that is detached is refused', async () => {
    const { producer } = await openPair();
    const detached = new Uint8Array(8);
    const image = new Mat(2, 4, CV_8UC1, detached);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await failure(producer.send(detached), TypeError, 'INVALID_ARGUMENT', 'memory that is not detached for body');
    await failure(producer.sendImage(image, 'raw'), MatmqError, 'RELEASED', 'given away');
    const fields = { rows: 2, cols: 4, type: CV_8UC1, data: detached };
    await failure(
      producer.sendImage(fields, 'raw'),
      TypeError,
      'INVALID_ARGUMENT',
      'not detached for data',
      'released',
    );
    expect(producer.stats().sent).toBe(0);
  });

  it('that is shared or resizable is copied before the send returns', async () => {
    const { producer, consumer } = await openPair();
    const shared = new Uint8Array(new SharedArrayBuffer(600)).fill(1);
    const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [600, { maxByteLength: 4096 }]);
    const sizable = new Uint8Array(resizable).fill(1);
    for (const bytes of [shared, sizable]) {
      const sends = [producer.send(bytes), producer.sendImage(new Mat(20, 30, CV_8UC1, bytes), 'raw')];
      bytes.fill(2);
      await Promise.all(sends);
    }
    Object.assign(resizable, {});
    (resizable as ArrayBuffer & { resize(size: number): void }).resize(0);
    for (let i = 0; i < 4; i++) expect((await consumer.receive()).body).toEqual(Buffer.alloc(600, 1));
  });

  it('that is shared or resizable is copied also when the array lies about it', async () => {
    class Liar extends Uint8Array {
      override get buffer(): ArrayBuffer {
        return new ArrayBuffer(600);
      }
    }
    const { producer, consumer } = await openPair();
    const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [600, { maxByteLength: 4096 }]);
    Object.defineProperty(resizable, 'resizable', { value: false });
    for (const bytes of [
      new Liar(new SharedArrayBuffer(600) as unknown as ArrayBuffer),
      new Liar(resizable),
      new Uint8Array(resizable),
    ]) {
      bytes.fill(1);
      const sent = producer.send(bytes);
      bytes.fill(2);
      await sent;
      expect((await consumer.receive()).body).toEqual(Buffer.alloc(600, 1));
    }
  });

  it('that has properties of its own is sent as it is', async () => {
    const { producer, consumer } = await openPair();
    for (const name of ['length', 'byteLength', 'byteOffset', 'buffer']) {
      for (const transfer of [false, true]) {
        const bytes = Object.defineProperty(Uint8Array.of(1, 2, 3), name, {
          get() {
            throw new Error('mine');
          },
        });
        await producer.send(bytes, { transfer });
        expect((await consumer.receive()).body).toEqual(Buffer.of(1, 2, 3));
      }
    }
  });

  it('that only looks like bytes is refused', async () => {
    const { producer } = await openPair();
    const bytes = new Uint8Array(4);
    const bound = new Proxy(bytes, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    for (const body of [new Proxy(bytes, {}), bound, Object.create(Uint8Array.prototype)]) {
      await failure(producer.send(body), TypeError, 'INVALID_ARGUMENT', 'a string or Uint8Array for body');
    }
    for (const body of [7, null, undefined, {}, [1], new ArrayBuffer(4), new Uint16Array(2), Symbol('s')]) {
      await failure(
        producer.send(body as unknown as string),
        TypeError,
        'INVALID_ARGUMENT',
        'a string or Uint8Array for body',
      );
    }
    const image = { rows: 2, cols: 2, type: CV_8UC1, data: bound };
    await failure(producer.sendImage(image), TypeError, 'INVALID_ARGUMENT', 'for data');
  });
});

describe('headers', () => {
  it('that are cyclic or too deep are refused', async () => {
    const { producer } = await openPair();
    const cyclic: { [name: string]: unknown } = {};
    cyclic.self = cyclic;
    const list: unknown[] = [];
    list.push(list);
    for (const headers of [cyclic, { list }]) {
      const options = { properties: { headers } } as unknown as SendOptions;
      await failure(producer.send('x', options), RangeError, 'INVALID_ARGUMENT', 'at most 32 levels', 'headers');
    }
  });

  it.each([
    ['NaN', Number.NaN, RangeError],
    ['an endless number', Number.POSITIVE_INFINITY, RangeError],
    ['a bigint of more than 64 bits', 2n ** 63n, RangeError],
    ['an invalid date', new Date(Number.NaN), RangeError],
    ['a function', () => 1, TypeError],
    ['a symbol', Symbol('s'), TypeError],
    ['a map', new Map(), TypeError],
    ['a typed array that is not of bytes', new Float32Array(1), TypeError],
  ])('that hold %s are refused, by name', async (_what, value, errorClass) => {
    const { producer } = await openPair();
    const options = { properties: { headers: { here: [value] } } } as unknown as SendOptions;
    await failure(producer.send('x', options), errorClass, 'INVALID_ARGUMENT', 'options.properties.headers.here[0]');
    expect(producer.stats().sent).toBe(0);
  });
});

describe('options', () => {
  type Options = ProducerOptions & ConsumerOptions;
  const wrong: [string, object, typeof TypeError | typeof RangeError, string][] = [
    ['an unknown name', { exchnage: 'x' }, TypeError, "did you mean 'exchange'?"],
    ['a highWaterMark of NaN', { highWaterMark: Number.NaN }, RangeError, 'options.highWaterMark'],
    ['bytes of NaN', { highWaterMark: { bytes: Number.NaN } }, RangeError, 'options.highWaterMark.bytes'],
    ['a heartbeat of NaN', { heartbeat: Number.NaN }, RangeError, 'options.heartbeat'],
    ['a connectTimeout of NaN', { connectTimeout: Number.NaN }, RangeError, 'options.connectTimeout'],
    ['a frameMax that is too small', { frameMax: 100 }, RangeError, 'options.frameMax'],
    ['a name that is too long', { name: 'ü'.repeat(128) }, RangeError, 'options.name'],
    ['an empty list of URLs', { url: [] }, RangeError, 'options.url'],
    ['a URL that is none', { url: new URL('amqp://localhost') }, TypeError, 'options.url'],
    ['a signal that is none', { signal: {} }, TypeError, 'options.signal'],
    ['tls that is none', { tls: 'yes' }, TypeError, 'options.tls'],
    ['tls without amqps:', { tls: {} }, RangeError, 'Expected amqps: URLs for tls'],
    ['amqp: beside amqps:', { url: ['amqps://a', 'amqp://a'] }, RangeError, 'all of them amqps: or all amqp:'],
    ['EXTERNAL without TLS', { login: 'external' }, RangeError, "login 'external'"],
    ['a key alone', { url: 'amqps://a', tls: { key: 'k' } }, RangeError, 'both or neither'],
    ['a list', [], TypeError, "a plain object such as { url: 'amqp://localhost' } for options"],
    ['null', null as unknown as object, TypeError, 'a plain object'],
    ['a Map', new Map([['url', 'amqp://a']]), TypeError, 'a plain object'],
    ['an AbortSignal', new AbortController().signal, TypeError, 'a plain object'],
  ];
  it.each(wrong)('with %s are refused before anything is connected', async (_what, options, errorClass, words) => {
    await failure(Producer.connect(options as Options), errorClass, 'INVALID_ARGUMENT', words);
    await failure(Consumer.connect(options as Options), errorClass, 'INVALID_ARGUMENT', words);
  });

  it('of the other kind are refused', async () => {
    await failure(Producer.connect({ prefetch: 1 } as object), TypeError, 'INVALID_ARGUMENT', "'prefetch'");
    await failure(Consumer.connect({ whenFull: 'wait' } as object), TypeError, 'INVALID_ARGUMENT', "'whenFull'");
  });

  it('of waiting are refused when they are none', async () => {
    const { producer, consumer } = await openPair();
    for (const timeout of [Number.NaN, -1, 2 ** 31, 0.5]) {
      await failure(consumer.receive({ timeout }), RangeError, 'INVALID_ARGUMENT', 'options.timeout');
      await failure(consumer.receiveImage({ timeout }), RangeError, 'INVALID_ARGUMENT', 'options.timeout');
      await failure(producer.flush({ timeout }), RangeError, 'INVALID_ARGUMENT', 'options.timeout');
      await failure(producer.flushAndExit({ timeout }), RangeError, 'INVALID_ARGUMENT', 'options.timeout');
    }
    await thrown(() => consumer.messages({ signal: 1 } as object), TypeError, 'INVALID_ARGUMENT', 'options.signal');
    await thrown(() => consumer.images({ mode: 'bgr' } as object), RangeError, 'INVALID_ARGUMENT', 'options.mode');
    expect(producer.closed).toBe(false);
  });

  it('whose getters throw reject with an error whose cause is what they throw', async () => {
    const { producer, consumer } = await openPair();
    const mine = new Error('mine');
    const pixels = new Uint8ClampedArray(4);
    const hostile = (name: string): object =>
      Object.defineProperty({}, name, {
        enumerable: true,
        get() {
          throw mine;
        },
      });
    const headers = hostile('h');
    for (const attempt of [
      () => Producer.connect(hostile('url')),
      () => Consumer.connect(hostile('queue')),
      () => producer.send('x', hostile('copy')),
      () => producer.send('x', { properties: hostile('priority') }),
      () => producer.send('x', { properties: { headers } } as SendOptions),
      () => producer.sendImage(mat(), '.png', hostile('quality')),
      () => producer.sendImage(Object.assign(hostile('rows'), { cols: 1, type: 0, data: 0 }) as unknown as MatLike),
      () => producer.sendImage(Object.assign(hostile('info'), { data: pixels }) as unknown as ImageSource),
      () => producer.sendImage(Object.assign(hostile('width'), { height: 1, data: pixels }) as unknown as ImageSource),
      () => producer.sendImage(Object.assign(hostile('type'), { getDataAsync() {} }) as unknown as ImageSource),
      () => Mat.fromImage(Object.assign(hostile('rows'), { cols: 1, type: 0, data: 0 }) as unknown as MatLike),
      () => producer.flush(hostile('timeout')),
      () => consumer.receive(hostile('timeout')),
      () => consumer.receiveImage(hostile('mode')),
    ]) {
      const error = await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'a getter or proxy threw: mine');
      expect(error.cause).toBe(mine);
    }
    await producer.send('still there');
    expect(await receiveTexts(consumer, 1)).toEqual(['still there']);
  });

  it('whose getters close the producer or consumer reject with ClosedError, and nothing is sent', async () => {
    const closing = (client: Producer | Consumer, name: string, value: unknown, rest: object = {}): object =>
      Object.defineProperty({ ...rest }, name, {
        enumerable: true,
        get() {
          void client.exit();
          return value;
        },
      });
    const fields = { rows: 20, cols: 30, type: CV_8UC3, data: mat().data };
    for (const attempt of [
      (producer: Producer) => producer.send('x', closing(producer, 'copy', true)),
      (producer: Producer) => producer.send(new Uint8Array(5), closing(producer, 'routingKey', 'key')),
      (producer: Producer) => producer.send('x', { properties: closing(producer, 'priority', 1) }),
      (producer: Producer) => producer.send('x', { properties: { headers: closing(producer, 'h', 1) } } as SendOptions),
      (producer: Producer) => producer.sendImage(mat(), '.png', closing(producer, 'compression', 1)),
      (producer: Producer) => producer.sendImage(closing(producer, 'step', 90, fields) as MatLike, 'raw'),
      (producer: Producer) => producer.sendImage(closing(producer, 'data', mat().data, fields) as MatLike),
      (producer: Producer) => producer.sendEOT(1, closing(producer, 'routingKey', 'key')),
    ]) {
      const { producer } = await openPair();
      await failure(attempt(producer), ClosedError, 'CLOSED');
      await producer.exit();
      expect(producer.stats().sent).toBe(0);
    }
    const { consumer } = await openPair();
    await failure(consumer.receiveImage(closing(consumer, 'mode', 'color')), ClosedError, 'CLOSED');
  });

  it('whose getters give the memory away are refused, or send what it was', async () => {
    const { producer, consumer } = await openPair();
    const bytes = new Uint8Array(100_000).fill(7);
    const giving = (name: string, value: unknown): object =>
      Object.defineProperty({}, name, {
        enumerable: true,
        get() {
          if (bytes.buffer.byteLength > 0) structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
          return value;
        },
      });
    await failure(producer.send(bytes, giving('copy', false)), TypeError, 'INVALID_ARGUMENT', 'not detached');
    // As the addon is called: its memory was looked at before.
    const { amqp, ...shared } = getAddon().defaults().producer;
    const native = { ...shared, url: [inject('brokerUrl')], amqp: { ...amqp, exchange: unique('exchange') } };
    const own = new (getAddon().NativeProducer)(native, () => {});
    const fresh = new Uint8Array(3_000_000).fill(7);
    const options = Object.defineProperty({}, 'amqp', {
      get() {
        structuredClone(fresh.buffer, { transfer: [fresh.buffer] });
        return { routingKey: 'key' };
      },
    });
    expect(own.sendBytes(fresh, Keep.held, options)).toBe(1);
    own.close();
    await producer.send('still there');
    expect(await receiveTexts(consumer, 1)).toEqual(['still there']);
  });

  it('may be thenables that do what they like', async () => {
    const { producer, consumer } = await openPair();
    const pixels = mat();
    const { rows, cols, type } = pixels;
    const source = (getDataAsync: () => unknown) => ({ rows, cols, type, getDataAsync }) as unknown as ImageSource;
    type Settle = (value: unknown) => void;
    const twice = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then: (resolve: Settle, reject: Settle) => [resolve(pixels.data), reject(new Error('no')), resolve(1)],
    };
    const closes = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then(resolve: Settle) {
        void producer.exit();
        resolve(pixels.data);
      },
    };
    await producer.sendImage(
      source(() => twice),
      'raw',
    );
    expectSame(await consumer.receiveImage(), pixels);
    for (const wrong of [undefined, 7, 'text', new Uint8Array(3), { length: 5 }]) {
      await expect(producer.sendImage(source(() => wrong))).rejects.toThrow();
    }
    await failure(producer.sendImage(source(() => closes)), ClosedError, 'CLOSED');
  });

  it('may be proxies, or without a prototype', async () => {
    const proxied = <T extends object>(target: T): T => new Proxy(target, {});
    const { producer, consumer } = await openPair();
    await producer.send(
      'x',
      proxied({ properties: proxied({ headers: proxied({ a: proxied([proxied({ b: 1 })]) }) }) }),
    );
    await producer.send('y', Object.assign(Object.create(null), { properties: { priority: 2 } }));
    expect((await consumer.receive(proxied({ timeout: 20_000 }))).properties.headers).toMatchObject({ a: [{ b: 1 }] });
    expect((await consumer.receive()).properties.priority).toBe(2);
    const pixels = mat();
    await producer.sendImage(proxied({ rows: 20, cols: 30, type: CV_8UC3, data: pixels.data }));
    expectSame(await consumer.receiveImage(), pixels);
  });

  it('that proxies refuse to show are a TypeError with a code', async () => {
    const { producer } = await openPair();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const attempt of [
      () => producer.send('x', proxy),
      () => producer.send('x', { properties: { headers: { table: proxy } } } as SendOptions),
      () => Producer.connect(proxy),
      () => Consumer.connect(proxy),
      () => producer.sendImage(proxy as MatLike),
      () => producer.send(proxy as string),
      () => producer.flush(proxy),
    ]) {
      await failure(attempt(), TypeError, 'INVALID_ARGUMENT');
    }
  });
});

describe('a method', () => {
  it('with another `this` is a TypeError with a code', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('x');
    const message = await consumer.receive();
    for (const other of [undefined, {}, consumer, Object.create(Producer.prototype)]) {
      for (const attempt of [
        () => Producer.prototype.send.call(other as Producer, 'x'),
        () => Producer.prototype.sendImage.call(other as Producer, mat()),
        () => Producer.prototype.sendEOT.call(other as Producer),
        () => Producer.prototype.flush.call(other as Producer),
        () => Producer.prototype.exit.call(other as Producer),
        () => Producer.prototype.flushAndExit.call(other as Producer),
        async () => Producer.prototype.stats.call(other as Producer),
      ]) {
        await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'a Producer for the `this` of');
      }
    }
    for (const other of [undefined, {}, producer, Object.create(Consumer.prototype)]) {
      for (const attempt of [
        () => Consumer.prototype.receive.call(other as Consumer),
        () => Consumer.prototype.receiveImage.call(other as Consumer),
        () => Consumer.prototype.exit.call(other as Consumer),
        async () => Consumer.prototype.messages.call(other as Consumer),
        async () => Consumer.prototype.images.call(other as Consumer),
        async () => Consumer.prototype.stats.call(other as Consumer),
      ]) {
        await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'a Consumer for the `this` of');
      }
      for (const name of ['next', 'return'] as const) {
        const attempt = async () => Reflect.apply(consumer.messages()[name] as () => unknown, other, []);
        await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'for the `this` of');
      }
      for (const method of [message.text, message.image, message.ack, message.nack, message.release]) {
        const attempt = async () => Reflect.apply(method, other, []);
        await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'a Message for the `this` of');
      }
      for (const method of [Mat.prototype.at, Mat.prototype.row, Mat.prototype.clone]) {
        const attempt = async () => Reflect.apply(method, other, [0, 0]);
        await failure(attempt(), TypeError, 'INVALID_ARGUMENT', 'a Mat for the `this` of');
      }
    }
  });

  it('of the addon with another `this` or other arguments throws and does not crash', () => {
    const addon = getAddon();
    const options = { ...addon.defaults().producer, url: ['amqp://localhost:1/'] };
    const native = new addon.NativeProducer(options, () => {});
    const { NativeProducer, NativeConsumer } = addon;
    const nativeConsumer = new NativeConsumer({ ...addon.defaults().consumer, url: ['amqp://localhost:1/'] }, () => {});
    const calls: (() => unknown)[] = [
      ...[undefined, {}, new Proxy(native, {}), Object.create(native)].flatMap((other) =>
        Object.getOwnPropertyNames(NativeProducer.prototype)
          .filter((name) => name !== 'constructor')
          .map((name) => () => Reflect.get(NativeProducer.prototype, name).call(other)),
      ),
      ...Object.getOwnPropertyNames(NativeConsumer.prototype)
        .filter((name) => name !== 'constructor')
        .map((name) => () => Reflect.get(NativeConsumer.prototype, name).call(native)),
      () => Reflect.apply(NativeProducer, undefined, [options, () => {}]),
      () => Reflect.apply(NativeConsumer, native, [options, () => {}]),
      () => Reflect.construct(NativeProducer, []),
      () => Reflect.construct(NativeProducer, [{}, () => {}]),
      () => Reflect.construct(NativeConsumer, [null, null]),
      () => Reflect.apply(native.sendBytes, native, ['text']),
      () => Reflect.apply(native.sendBytes, native, []),
      () => Reflect.apply(native.sendImage, native, [1, 1, 0, 1, {}, Keep.held, 'raw']),
      () => native.sendImage(1000, 1000, 16, 3000, new Uint8Array(3), Keep.held, 'raw', undefined),
      () => native.sendImage(Number.NaN, -1, -1, -1, new Uint8Array(3), Keep.held, 'raw', undefined),
      () => Reflect.apply(nativeConsumer.decode, nativeConsumer, []),
      () => Reflect.apply(nativeConsumer.decode, nativeConsumer, ['', 'text']),
      () => Reflect.apply(addon.decodeBytes, addon, []),
      () => Reflect.apply(addon.decodeBytes, addon, ['text', {}]),
      () => Reflect.apply(addon.readImage, addon, [Symbol('a.png'), {}]),
      () => Reflect.apply(addon.encodeImage, addon, [1, 1, 0, 1, {}, 'png']),
      () => addon.encodeImage(1, 1, 0, 1, new Uint8Array(1), 'gif', undefined),
      () => addon.encodeImage(1000, 1000, 16, 3000, new Uint8Array(3), 'png', undefined),
      () => addon.writeImage(1, 1, 0, 1, new Uint8Array(1), 'a.gif', '', undefined),
      () => addon.convertImage(1, 1, 0, 1, new Uint8Array(1), 'mirror' as 'copy'),
      () => addon.convertImage(Number.NaN, -1, -1, -1, new Uint8Array(1), 'copy'),
      () => Reflect.apply(nativeConsumer.properties, nativeConsumer, [{}]),
    ];
    for (const call of calls) expect(call, call.toString()).toThrow();
    native.close();
    nativeConsumer.close();
  });
});
