import { CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC3, CV_32FC1, CV_32FC3, ImageError, Mat, type Opencv4nodejsMat } from 'matmq';
import { describe, expect, it } from 'vitest';
import { readSource } from '../../../lib/image/sources.js';
import { connectedProducer, nextTurn, outcome, useFakeAddon } from '../support/fake-addon.js';

const info = (width: number, height: number, channels: number, depth?: string) => ({ width, height, channels, depth });

describe('what is recognised as an image', () => {
  it.each([
    ['RGB of sharp', { data: Buffer.alloc(6), info: info(2, 1, 3) }, CV_8UC3, 'rgb'],
    ['RGBA of sharp', { data: Buffer.alloc(8), info: info(2, 1, 4) }, CV_8UC4, 'rgb'],
    ['gray of sharp', { data: Buffer.alloc(2), info: info(2, 1, 1) }, CV_8UC1, 'bgr'],
    ['16 bit of sharp by its bytes', { data: Buffer.alloc(12), info: info(2, 1, 3) }, CV_16UC3, 'rgb'],
    ['float of sharp by its name', { data: Buffer.alloc(24), info: info(2, 1, 3, 'float') }, CV_32FC3, 'rgb'],
    ['an ImageData', { width: 2, height: 1, data: new Uint8ClampedArray(8) }, CV_8UC4, 'rgb'],
    ['fields of a matrix', { rows: 1, cols: 2, type: 'CV_32FC1', data: new Float32Array(2) }, CV_32FC1, 'bgr'],
  ] as const)('%s', async (_name, image, type, channelOrder) => {
    const source = await readSource(image);
    expect([source.mat.rows, source.mat.cols, source.mat.type, source.channelOrder]).toEqual([
      1,
      2,
      type,
      channelOrder,
    ]);
    expect(source.mat.data.buffer).toBe((image.data as Uint8Array).buffer);
  });

  it('is copied where a typed array of its element cannot begin', async () => {
    const pool = new Uint8Array(9).subarray(1);
    pool.set([1, 2, 3, 4, 5, 6, 7, 8]);
    const { mat } = await readSource({ data: pool, info: info(4, 1, 1, 'ushort') });
    expect([...mat.data]).toEqual([0x0201, 0x0403, 0x0605, 0x0807]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a string', 'a.png', /expected a Mat or an object .* for image/],
    ['null', null, /for image/],
    ['an empty object', {}, /the fields of a matrix.* for image/],
    ['too few bytes of sharp', { data: Buffer.alloc(5), info: info(2, 1, 3) }, /width \* height \* channels/],
    ['elements of sharp that can be two things', { data: Buffer.alloc(24), info: info(2, 1, 3) }, /info.depth/],
    ['an element that OpenCV has not', { data: Buffer.alloc(24), info: info(2, 1, 3, 'uint') }, /info.depth/],
    ['info that is none', { data: Buffer.alloc(24), info: 3 }, /image.info/],
    ['no channels', { data: Buffer.alloc(24), info: info(2, 1, 0) }, /channels|width/],
    ['an ImageData of floats', { width: 1, height: 1, data: new Float32Array(4) }, /Uint8ClampedArray/],
    ['an ImageData that is too short', { width: 2, height: 1, data: new Uint8ClampedArray(4) }, /8 bytes/],
  ])('%s is refused', (_name, image, message) => {
    expect(() => readSource(image)).toThrow(message);
  });
});

/** A matrix of opencv4nodejs whose pixels come when the test says so. */
function slowMatrix(): Opencv4nodejsMat & { give(data: Uint8Array): void; fail(error: Error): void } {
  let give!: (data: Uint8Array) => void;
  let fail!: (error: Error) => void;
  const data = new Promise<Uint8Array>((resolve, reject) => {
    give = resolve;
    fail = reject;
  });
  return { rows: 1, cols: 2, type: CV_8UC1, getDataAsync: () => data, give, fail };
}

describe('an opencv4nodejs matrix', () => {
  it('keeps its place in the order while its pixels are fetched', async () => {
    const [producer, native] = await connectedProducer();
    const image = slowMatrix();
    const first = producer.sendImage(image, 'raw');
    const second = producer.send('after it');
    expect(await outcome(second)).toBe('pending');
    expect(native.held).toBe(true);
    image.give(new Uint8Array([1, 2]));
    const [a, b] = await Promise.all([first, second]);
    expect([a.sequence, b.sequence]).toEqual([1, 2]);
    expect(native.sent).toMatchObject([{ kind: 'image', image: { rows: 1, cols: 2 } }, { kind: 'text' }]);
  });

  it('that gives no pixels is refused alone', async () => {
    const [producer, native] = await connectedProducer();
    const image = slowMatrix();
    const first = producer.sendImage(image);
    const second = producer.send('after it');
    image.fail(new Error('Cannot call GetData when Region of Interest is defined'));
    await expect(first).rejects.toThrow(/gives no pixels: Cannot call GetData when Region of Interest/);
    await expect(first).rejects.toBeInstanceOf(ImageError);
    await second;
    expect(native.sent).toMatchObject([{ kind: 'text' }]);
  });

  it('that gives too few is a RangeError', async () => {
    const [producer] = await connectedProducer();
    const image = slowMatrix();
    const sent = producer.sendImage(image);
    image.give(new Uint8Array(1));
    await expect(sent).rejects.toThrow(RangeError);
  });

  it('is given up with its signal, and when the producer exits', async () => {
    const [producer, native] = await connectedProducer();
    const images = [slowMatrix(), slowMatrix()] as const;
    const abort = new AbortController();
    const first = producer.sendImage(images[0], '.png', { signal: abort.signal });
    const second = producer.sendImage(images[1]);
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    const exited = producer.exit();
    await expect(second).rejects.toMatchObject({ code: 'CLOSED' });
    for (const image of images) image.give(new Uint8Array(2));
    await nextTurn();
    expect(native.sent).toEqual([]);
    native.happen('closed');
    await exited;
  });

  it('is not asked for its pixels by a producer that is closed', async () => {
    const [producer, native] = await connectedProducer();
    const exited = producer.exit();
    native.happen('closed');
    await exited;
    let asked = false;
    const image = {
      ...slowMatrix(),
      getDataAsync: () => Promise.resolve(new Uint8Array(2)).finally(() => (asked = true)),
    };
    await expect(producer.sendImage(image)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(asked).toBe(false);
  });
});

describe('the order of channels', () => {
  const rgb = { data: Buffer.alloc(3), info: info(1, 1, 3) };

  it('is what the source is, unless the program says another', async () => {
    const [producer, native] = await connectedProducer();
    await producer.sendImage(rgb, 'raw');
    await producer.sendImage(rgb, '.jpg', { quality: 5 });
    await producer.sendImage(rgb, 'raw', { channelOrder: 'bgr' });
    await producer.sendImage(new Mat(1, 1, CV_8UC3), 'raw');
    await producer.sendImage(new Mat(1, 1, CV_8UC3), 'raw', { channelOrder: 'rgb' });
    expect(native.sent.map(({ encode }) => encode)).toEqual([
      { channelOrder: 'rgb' },
      { quality: 5, channelOrder: 'rgb' },
      { channelOrder: 'bgr' },
      undefined,
      { channelOrder: 'rgb' },
    ]);
  });

  it('is turned by the addon for Mat.fromImage, and nothing is turned that need not be', async () => {
    const addon = useFakeAddon();
    addon.codecResult = async () => ({ rows: 1, cols: 1, type: CV_8UC3, step: 3, data: new Uint8Array([3, 2, 1]) });
    expect([...(await Mat.fromImage(rgb)).data]).toEqual([3, 2, 1]);
    expect(addon.codecCalls.map(([name, , , type, , , conversion]) => [name, type, conversion])).toEqual([
      ['convertImage', CV_8UC3, 'swapRedBlue'],
    ]);
    const mat = new Mat(1, 1, CV_8UC3);
    expect(await Mat.fromImage(mat)).toBe(mat);
    expect(addon.codecCalls).toHaveLength(1);
  });
});
