import {
  CV_8UC1,
  CV_8UC3,
  CV_8UC4,
  CV_16UC1,
  CV_16UC3,
  CV_16UC4,
  CV_32FC1,
  type ImageEncoding,
  Mat,
  makeType,
  type SendImageOptions,
  typeName,
} from 'matmq';
import { describe, expect, it } from 'vitest';
import { openPair } from '../../support/clients.js';
import { expectSame, gradient, loss, noise, regionOf } from '../../support/mats.js';

/** Bytes of a body in one frame of the default `frameMax`. */
const CHUNK = 131_072 - 8;

describe('a text', () => {
  it.each([
    ['empty', ''],
    ['plain', 'hello'],
    ['of several scripts', 'Grüße, žluťoučký kůň, 日本語, 🐎'],
    ['with a zero in it', 'a\0b'],
    ['of a megabyte', 'ä'.repeat(2 ** 19)],
  ])('%s arrives as it was sent', async (_what, text) => {
    const { producer, consumer } = await openPair();
    await producer.send(text);
    const message = await consumer.receive();
    expect(message.text() === text).toBe(true);
    expect(message.size).toBe(Buffer.byteLength(text));
    expect([message.type, message.properties.contentType]).toEqual(['text', 'text/plain; charset=utf-8']);
  });

  it('that is no Unicode has a replacement character where it is not', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('a\ud800b');
    await producer.send(new Uint8Array([0x61, 0xff, 0x62]));
    expect((await consumer.receive()).text()).toBe('a\ufffdb');
    expect((await consumer.receive()).text()).toBe('a\ufffdb');
  });
});

describe('bytes', () => {
  it.each([0, 1, 2047, 2048, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5, 5_000_000])(
    '%i of them arrive as they were sent',
    async (size) => {
      const { producer, consumer } = await openPair();
      const bytes = new Uint8Array(noise(1, Math.max(size, 1)).data.buffer, 0, size);
      await producer.send(bytes);
      await producer.send('the next');
      const message = await consumer.receive();
      expect(message.size).toBe(size);
      expect(Buffer.compare(message.body, bytes)).toBe(0);
      expect(message.body).toBe(message.body);
      expect([message.type, message.properties.contentType]).toEqual(['binary', 'application/octet-stream']);
      expect((await consumer.receive()).text()).toBe('the next');
    },
  );

  it.each([4096, 4097, 65_536])('arrive in frames of at most %i', async (frameMax) => {
    const { producer, consumer } = await openPair({ frameMax });
    for (const size of [frameMax - 9, frameMax - 8, frameMax - 7, 3 * (frameMax - 8), 100_000]) {
      const bytes = noise(1, size).data as Uint8Array;
      await producer.send(bytes);
      expect(Buffer.compare((await consumer.receive()).body, bytes)).toBe(0);
    }
  });

  it('of a view are the part that it shows', async () => {
    const { producer, consumer } = await openPair();
    const whole = Buffer.from('0123456789');
    await producer.send(whole.subarray(3, 6));
    expect((await consumer.receive()).text()).toBe('345');
  });

  it('that were copied can be changed at once', async () => {
    const { producer, consumer } = await openPair();
    const bytes = new Uint8Array(3_000_000).fill(1);
    await producer.send(bytes, { copy: true });
    bytes.fill(2);
    const { body } = await consumer.receive();
    expect(body.every((byte) => byte === 1)).toBe(true);
  });

  it('received stay as they are when their message is gone and others arrive', async () => {
    const { producer, consumer } = await openPair();
    const bodies: Uint8Array[] = [];
    for (let i = 0; i < 20; i++) {
      await producer.send(new Uint8Array(50_000).fill(i));
      bodies.push((await consumer.receive()).body);
    }
    for (const [i, body] of bodies.entries()) expect(body.every((byte) => byte === i)).toBe(true);
  });
});

const LOSSLESS: readonly [ImageEncoding, string, number][] = [
  ['.png', 'image/png', CV_8UC1],
  ['png', 'image/png', CV_8UC3],
  ['.png', 'image/png', CV_8UC4],
  ['.png', 'image/png', CV_16UC1],
  ['.png', 'image/png', CV_16UC3],
  ['.png', 'image/png', CV_16UC4],
  ['.bmp', 'image/bmp', CV_8UC1],
  ['bmp', 'image/bmp', CV_8UC3],
  ['.webp', 'image/webp', CV_8UC3],
  ['webp', 'image/webp', CV_8UC4],
  ['raw', 'application/x-cv-mat', CV_8UC1],
  ['raw', 'application/x-cv-mat', CV_8UC3],
  ['raw', 'application/x-cv-mat', CV_8UC4],
];
const SIZES: readonly [number, number][] = [
  [1, 1],
  [3, 5],
  [480, 641],
];

describe.each(LOSSLESS.map(([encoding, contentType, type]) => ({ encoding, contentType, type, name: typeName(type) })))(
  'an image of type $name as $encoding',
  ({ encoding, contentType, type }) => {
    it('arrives with every pixel, a part of a larger one too', async () => {
      const { producer, consumer } = await openPair();
      for (const [rows, cols] of SIZES) {
        const sent = [noise(rows, cols, type), regionOf(noise, rows, cols, type)];
        for (const mat of sent) {
          if (encoding.includes('webp') && mat.channels === 4) makeTranslucent(mat);
          await producer.sendImage(mat, encoding);
        }
        for (const mat of sent) {
          const image = await consumer.receiveImage();
          expectSame(image, mat);
          expect([image.message.type, image.message.properties.contentType]).toEqual(['image', contentType]);
        }
      }
    });
  },
);

/** As OpenCV's, a WebP keeps no colour where alpha is 0, and no alpha when it is 255 everywhere. */
function makeTranslucent(mat: Mat): void {
  for (let y = 0; y < mat.rows; y++) for (let x = 0; x < mat.cols; x++) mat.set(y, x, 3, 1 + (x % 254));
}

describe('a BMP', () => {
  it("of BGRA arrives as BGR, as OpenCV's does: its file does not say that there is an alpha channel", async () => {
    const { producer, consumer } = await openPair();
    const mat = noise(20, 30, CV_8UC4);
    await producer.sendImage(mat, '.bmp');
    const image = await consumer.receiveImage();
    expect([image.rows, image.cols, image.type]).toEqual([20, 30, CV_8UC3]);
    for (const [y, x, c] of [
      [0, 0, 0],
      [7, 11, 1],
      [19, 29, 2],
    ] as const) {
      expect(image.at(y, x, c)).toBe(mat.at(y, x, c));
    }
  });
});

describe('a raw matrix', () => {
  it.each(['8U', '8S', '16U', '16S', '32S', '32F', '64F'].map((name, depth) => ({ name, depth })))(
    'of depth $name arrives with every byte, whatever its channels',
    async ({ depth }) => {
      const { producer, consumer } = await openPair();
      for (const channels of [1, 2, 3, 4, 7, 512]) {
        for (const mat of [
          noise(5, 3, makeType(depth, channels)),
          regionOf(noise, 11, 13, makeType(depth, channels)),
          noise(1, 4099, makeType(depth, Math.min(channels, 4))),
        ]) {
          await producer.sendImage(mat, 'raw');
          const image = await consumer.receiveImage();
          expectSame(image, mat);
          expect(image.data.constructor).toBe(mat.data.constructor);
          const { headers } = image.message.properties;
          expect([headers?.['mat-rows'], headers?.['mat-cols'], headers?.['mat-type']]).toEqual([
            mat.rows,
            mat.cols,
            mat.typeName,
          ]);
        }
      }
    },
  );

  it('larger than many frames arrives with every byte, its rows adjacent or not', async () => {
    const { producer, consumer } = await openPair();
    for (const mat of [
      noise(1200, 1601, CV_8UC3),
      regionOf(noise, 1200, 1601, CV_8UC3),
      regionOf(noise, 90_000, 3, 0),
    ]) {
      await producer.sendImage(mat, 'raw');
      expectSame(await consumer.receiveImage(), mat);
    }
  });

  it('is a view of the body that it came in', async () => {
    const { producer, consumer } = await openPair();
    await producer.sendImage(noise(100, 100, CV_8UC3), 'raw');
    const image = await consumer.receiveImage();
    expect(image.data.buffer).toBe(image.message.body.buffer);
  });

  it('is sent from the memory of whatever has its fields', async () => {
    const { producer, consumer } = await openPair();
    const pixels = Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0);
    await producer.sendImage({ rows: 2, cols: 3, type: 'CV_32FC1', data: pixels, step: 16 }, 'raw');
    const image = await consumer.receiveImage();
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(image.type).toBe(CV_32FC1);
  });
});

describe('a JPEG', () => {
  it.each([CV_8UC1, CV_8UC3])('arrives within its loss (type %i), a part of a larger image too', async (type) => {
    const { producer, consumer } = await openPair();
    for (const mat of [gradient(480, 641, type), regionOf(gradient, 480, 641, type)]) {
      await producer.sendImage(mat, '.jpg');
      const image = await consumer.receiveImage();
      expect([image.rows, image.cols, image.type]).toEqual([480, 641, type]);
      expect(loss(image, mat)).toBeLessThan(1);
      expect(image.message.properties.contentType).toBe('image/jpeg');
    }
  });

  it('is smaller and worse with less quality', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(480, 640, CV_8UC3);
    for (const quality of [98, 95, 60, 10]) await producer.sendImage(mat, 'jpeg', { quality });
    const images = [];
    for (let i = 0; i < 4; i++) images.push(await consumer.receiveImage());
    const sizes = images.map((image) => image.message.size);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    const losses = images.map((image) => loss(image, mat));
    expect(losses[3]).toBeGreaterThan(losses[0] ?? 0);
    await producer.sendImage(mat, 'jpg');
    expect((await consumer.receiveImage()).message.size).toBe(sizes[1]);
  });
});

describe('the options of a JPEG', () => {
  it('are what the file says: progressive, made-to-measure tables, restarts, subsampling', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(48, 64, CV_8UC3);
    const bytesWith = async (options: SendImageOptions): Promise<Uint8Array> => {
      await producer.sendImage(mat, '.jpg', options);
      return (await consumer.receive()).body;
    };
    const plain = await bytesWith({});
    const header = (bytes: Uint8Array, marker: number) => Buffer.from(bytes).indexOf(Buffer.from([0xff, marker]));
    expect(header(plain, 0xc0)).toBeGreaterThan(0);
    expect(header(await bytesWith({ progressive: true }), 0xc2)).toBeGreaterThan(0);
    expect((await bytesWith({ optimize: true })).length).toBeLessThan(plain.length);
    expect(header(await bytesWith({ restartInterval: 2 }), 0xdd)).toBeGreaterThan(0);
    for (const [chromaSubsampling, factors] of [
      ['4:4:4', 0x11],
      ['4:2:2', 0x21],
      ['4:2:0', 0x22],
      ['4:4:0', 0x12],
      ['4:1:1', 0x41],
    ] as const) {
      const bytes = await bytesWith({ chromaSubsampling });
      expect(bytes[header(bytes, 0xc0) + 11]).toBe(factors);
    }
  });
});

describe('a WebP', () => {
  it('is lossy with a quality up to 100, and without loss above it', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(240, 320, CV_8UC3);
    await producer.sendImage(mat, '.webp', { quality: 50 });
    await producer.sendImage(mat, '.webp', { quality: 101 });
    const lossy = await consumer.receiveImage();
    const lossless = await consumer.receiveImage();
    expect(loss(lossy, mat)).toBeGreaterThan(0);
    expect(loss(lossy, mat)).toBeLessThan(4);
    expectSame(lossless, mat);
    expect(lossy.message.size).toBeLessThan(lossless.message.size);
  });
});

describe('a PNG', () => {
  it('is what sendImage sends unless told otherwise, and smaller with more compression', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(240, 320, CV_8UC3);
    await producer.sendImage(mat);
    await producer.sendImage(mat, '.png', { compression: 0 });
    await producer.sendImage(mat, '.png', { compression: 9 });
    const images = [await consumer.receiveImage(), await consumer.receiveImage(), await consumer.receiveImage()];
    for (const image of images) expectSame(image, mat);
    expect(images[0]?.message.properties.contentType).toBe('image/png');
    expect(images[2]?.message.size).toBeLessThan(images[1]?.message.size ?? 0);
  });

  it('sent with copy can be changed at once', async () => {
    const { producer, consumer } = await openPair();
    const mat = noise(1000, 1000, CV_8UC3);
    const before = mat.clone();
    await producer.sendImage(mat, '.png', { copy: true });
    await producer.sendImage(mat, 'raw', { copy: true });
    mat.data.fill(0);
    expectSame(await consumer.receiveImage(), before);
    expectSame(await consumer.receiveImage(), before);
  });
});

describe('a received image', () => {
  it('is decoded as its receiver asks', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(60, 80, CV_8UC3);
    for (let i = 0; i < 4; i++) await producer.sendImage(mat, '.png');
    expect((await consumer.receiveImage({ mode: 'unchanged' })).type).toBe(CV_8UC3);
    expect((await consumer.receiveImage({ mode: 'grayscale' })).type).toBe(CV_8UC1);
    expect((await consumer.receiveImage({ mode: 'color' })).type).toBe(CV_8UC3);
    const message = await consumer.receive();
    expect((await message.image({ mode: 'grayscale' })).type).toBe(CV_8UC1);
    const image = await message.image();
    expectSame(image, mat);
    expect(image.message).toBe(message);
  });

  it('is reduced as its receiver asks, whatever was decoded ahead', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(61, 83, CV_8UC3);
    for (let i = 0; i < 6; i++) await producer.sendImage(mat, '.jpg');
    const sides = async (...args: Parameters<typeof consumer.receiveImage>) => {
      const { rows, cols } = await consumer.receiveImage(...args);
      return [rows, cols];
    };
    expect(await sides()).toEqual([61, 83]);
    expect(await sides({ reduce: 2 })).toEqual([31, 42]);
    expect(await sides({ reduce: 8, mode: 'grayscale' })).toEqual([8, 11]);
    for await (const image of consumer.images({ reduce: 4 })) {
      expect([image.rows, image.cols]).toEqual([16, 21]);
      break;
    }
    const message = await consumer.receive();
    expect((await message.image({ reduce: 2 })).rows).toBe(31);
    expect(await sides({ reduce: 1 })).toEqual([61, 83]);
  });

  it('that came raw obeys mode and size, too', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(60, 80, CV_8UC3);
    for (const sent of [mat, mat, mat, noise(4, 4, CV_32FC1), mat]) await producer.sendImage(sent, 'raw');
    expectSame(await consumer.receiveImage({ mode: 'color' }), mat);
    const gray = await consumer.receiveImage({ mode: 'grayscale' });
    expect([gray.rows, gray.cols, gray.type]).toEqual([60, 80, CV_8UC1]);
    const small = await consumer.receiveImage({ reduce: 4 });
    expect([small.rows, small.cols, small.type]).toEqual([15, 20, CV_8UC3]);
    await expect(consumer.receiveImage({ mode: 'grayscale' })).rejects.toMatchObject({ code: 'CANNOT_DECODE' });
    expectSame(await consumer.receiveImage(), mat);
  });

  it('can be sent on', async () => {
    const { producer, consumer } = await openPair();
    const mat = noise(300, 400, CV_8UC3);
    await producer.sendImage(mat, '.png');
    await producer.sendImage(await consumer.receiveImage(), 'raw');
    await producer.sendImage(await consumer.receiveImage(), '.bmp');
    const image = await consumer.receiveImage();
    expectSame(image, mat);
    expect(image).toBeInstanceOf(Mat);
  });
});
