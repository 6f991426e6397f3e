// A pure red image through every path: a channel order that is wrong anywhere turns it blue.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CV_8U,
  CV_8UC3,
  CV_8UC4,
  CV_16U,
  CV_16UC3,
  CV_64FC4,
  type ImageEncoding,
  type ImageFormat,
  type ImageSource,
  Mat,
  makeType,
} from 'matmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPair } from '../../support/clients.js';

const SIDE = 24;

/** Rows of pixels of one colour. */
const filled = <A extends Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array>(
  array: A,
  pixel: number[],
): A => {
  for (let i = 0; i < array.length; i++) array[i] = pixel[i % pixel.length] as number;
  return array;
};
const bgr = (type: number, pixel: number[]) => {
  const mat = new Mat(SIDE, SIDE, type);
  for (let i = 0; i < mat.data.length; i++) mat.data[i] = pixel[i % pixel.length] as number;
  return mat;
};
const area = SIDE * SIDE;
const sharp = (data: ArrayBufferView, channels: number, depth?: string) => ({
  data,
  info: { format: 'raw', width: SIDE, height: SIDE, channels, premultiplied: false, size: data.byteLength, depth },
});

interface Source {
  readonly name: string;
  readonly image: ImageSource;
  readonly type: number;
  /** The value of full red. */
  readonly full: number;
  readonly channelOrder?: 'rgb';
}

const SOURCES: readonly Source[] = [
  { name: 'a Mat, BGR', image: bgr(CV_8UC3, [0, 0, 255]), type: CV_8UC3, full: 255 },
  { name: 'a Mat, BGRA', image: bgr(CV_8UC4, [0, 0, 255, 200]), type: CV_8UC4, full: 255 },
  { name: 'a Mat, BGR of 16 bits', image: bgr(CV_16UC3, [0, 0, 65_535]), type: CV_16UC3, full: 65_535 },
  { name: 'fields of a matrix', image: { ...bgr(CV_8UC3, [0, 0, 255]) }, type: CV_8UC3, full: 255 },
  { name: 'a Mat that is RGB', image: bgr(CV_8UC3, [255, 0, 0]), type: CV_8UC3, full: 255, channelOrder: 'rgb' },
  { name: 'a Mat that is RGBA', image: bgr(CV_64FC4, [1, 0, 0, 1]), type: CV_64FC4, full: 1, channelOrder: 'rgb' },
  { name: 'sharp, RGB', image: sharp(filled(Buffer.alloc(area * 3), [255, 0, 0]), 3), type: CV_8UC3, full: 255 },
  { name: 'sharp, RGBA', image: sharp(filled(Buffer.alloc(area * 4), [255, 0, 0, 9]), 4), type: CV_8UC4, full: 255 },
  {
    name: 'sharp, RGB of 16 bits',
    image: sharp(Buffer.from(filled(new Uint16Array(area * 3), [65_535, 0, 0]).buffer), 3, 'ushort'),
    type: CV_16UC3,
    full: 65_535,
  },
  {
    name: 'sharp, RGB of floats',
    image: sharp(filled(new Float32Array(area * 3), [1, 0, 0]), 3, 'float'),
    type: makeType(5, 3),
    full: 1,
  },
  {
    name: 'an ImageData',
    image: { width: SIDE, height: SIDE, data: filled(new Uint8ClampedArray(area * 4), [255, 0, 0, 255]) },
    type: CV_8UC4,
    full: 255,
  },
  {
    name: 'an opencv4nodejs matrix',
    image: {
      rows: SIDE,
      cols: SIDE,
      type: CV_8UC3,
      getDataAsync: async () => filled(Buffer.alloc(area * 3), [0, 0, 255]),
    },
    type: CV_8UC3,
    full: 255,
  },
];

/** Whether a format holds a matrix of this type, as docs/api.md says. */
function holds(encoding: string, type: number): boolean {
  const [depth, channels] = [type & 7, (type >> 3) + 1];
  if (encoding === 'raw') return true;
  if (encoding === '.png') return depth === CV_8U || depth === CV_16U;
  return depth === CV_8U && (channels === 3 || encoding !== '.jpg');
}

function expectRed(image: Mat, full: number, loss = 0): void {
  for (const [y, x] of [
    [0, 0],
    [SIDE - 1, SIDE - 1],
    [7, 11],
  ] as const) {
    expect(Math.abs(image.at(y, x, 2) - full), 'red').toBeLessThanOrEqual(loss);
    expect(image.at(y, x, 1), 'green').toBeLessThanOrEqual(loss);
    expect(image.at(y, x, 0), 'blue').toBeLessThanOrEqual(loss);
  }
}

const lossOf = (encoding: string) => (encoding === '.jpg' ? 2 : 0);
const ENCODINGS = ['.png', '.jpg', '.webp', '.bmp', 'raw'] as const;

describe.each(SOURCES)('red of $name', ({ image, type, full, channelOrder }) => {
  it.each(ENCODINGS.filter((encoding) => holds(encoding, type)))(
    'arrives red as %s',
    async (encoding: ImageEncoding) => {
      const { producer, consumer } = await openPair();
      await producer.sendImage(image, encoding, { channelOrder });
      const received = await consumer.receiveImage();
      if (encoding === 'raw') expect(received.type).toBe(type);
      expectRed(received, full, lossOf(encoding));
    },
  );

  it('is refused by what cannot hold it, by name', async () => {
    const { producer } = await openPair();
    for (const encoding of ENCODINGS.filter((name) => !holds(name, type))) {
      await expect(producer.sendImage(image, encoding, { channelOrder })).rejects.toThrow(
        /^Expected CV_8U.* for (PNG|JPEG|WebP|BMP) but received CV_/,
      );
    }
    expect(producer.stats().sent).toBe(0);
  });

  it('is red as a Mat', async () => {
    if (channelOrder === undefined) expectRed(await Mat.fromImage(image), full);
  });
});

describe('red of a Mat', () => {
  const red = bgr(CV_8UC3, [0, 0, 255]);

  it.each(['.png', '.jpg', '.webp', '.bmp'] as const)('is red in the bytes and in the file of a %s', async (format) => {
    const folder = await mkdtemp(join(tmpdir(), 'matmq-red-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const rgb = bgr(CV_8UC3, [255, 0, 0]);
    const path = join(folder, `red${format}`);
    for (const [mat, channelOrder] of [
      [red, undefined],
      [rgb, 'rgb'],
    ] as const) {
      expectRed(await Mat.decode(await mat.encode(format as ImageFormat, { channelOrder })), 255, lossOf(format));
      await mat.write(path, { channelOrder });
      for (const mode of ['unchanged', 'color'] as const)
        expectRed(await Mat.read(path, { mode }), 255, lossOf(format));
    }
  });

  it('is red in reduced images', async () => {
    const jpeg = await red.encode('.jpg');
    for (const reduce of [1, 2, 4, 8] as const) {
      const small = await Mat.decode(jpeg, { reduce });
      expect([small.rows, small.cols]).toEqual([SIDE / reduce, SIDE / reduce]);
      expect(small.at(0, 0, 2)).toBeGreaterThan(250);
      expect(small.at(0, 0, 0)).toBeLessThan(5);
    }
  });

  it('is gray of its weight in grayscale', async () => {
    const gray = await Mat.decode(await red.encode('.png'), { mode: 'grayscale' });
    expect(gray.at(0, 0)).toBe(76); // 0.299 * 255
  });

  it('is red first for sharp and for a canvas', async () => {
    const { data, info } = await red.toSharp();
    expect(info).toEqual({ width: SIDE, height: SIDE, channels: 3 });
    expect([...data.subarray(0, 6)]).toEqual([255, 0, 0, 255, 0, 0]);
    const deep = await bgr(CV_16UC3, [0, 0, 65_535]).toSharp();
    expect(deep.data).toBeInstanceOf(Uint16Array);
    expect([...deep.data.subarray(0, 3)]).toEqual([65_535, 0, 0]);
    const canvas = await red.toImageData();
    expect([canvas.width, canvas.height, canvas.colorSpace]).toEqual([SIDE, SIDE, 'srgb']);
    expect([...canvas.data.subarray(0, 8)]).toEqual([255, 0, 0, 255, 255, 0, 0, 255]);
    const translucent = await bgr(CV_8UC4, [0, 0, 255, 9]).toImageData();
    expect([...translucent.data.subarray(0, 4)]).toEqual([255, 0, 0, 9]);
  });

  it('survives the way there and back', async () => {
    for (const way of [(mat: Mat) => mat.toSharp(), (mat: Mat) => mat.toImageData()]) {
      expectRed(await Mat.fromImage(await way(red)), 255);
    }
  });
});
