import { pathToFileURL } from 'node:url';
import { CV_8UC1, CV_8UC3, CV_16UC1, ImageError, Mat } from 'matmq';
import { describe, expect, it } from 'vitest';
import type { NativeDecodeOptions } from '../../../lib/addon/contract.js';
import { nativeError, useFakeAddon } from '../support/fake-addon.js';

const answer = (type = CV_8UC1) => ({ rows: 1, cols: 1, type, step: 6, data: new Uint8Array([7, 8, 9, 0, 0, 0]) });

describe('Mat.decode and Mat.read', () => {
  it('hand the options on, limits among them', async () => {
    const addon = useFakeAddon();
    addon.codecResult = async () => answer(CV_8UC3);
    const bytes = new Uint8Array([1, 2, 3]);
    const options = {
      mode: 'color',
      ignoreOrientation: true,
      reduce: 4,
      limits: { pixels: 5, decodedBytes: 6 },
    } as const;
    const mat = await Mat.decode(bytes, options);
    expect([mat.rows, mat.cols, mat.type, ...mat.data]).toEqual([1, 1, CV_8UC3, 7, 8, 9]);
    await Mat.read('a/b.png', options);
    await Mat.read(pathToFileURL('/tmp/ü.png'));
    const native = { mode: 'color', ignoreOrientation: true, reduce: 4, pixels: 5, decodedBytes: 6 };
    expect(addon.codecCalls).toEqual([
      ['decodeBytes', bytes, native],
      ['readImage', 'a/b.png', native],
      ['readImage', '/tmp/ü.png', {}],
    ]);
  });

  it.each<[unknown, RegExp]>([
    [{ mode: 'gray' }, /'unchanged', 'color', 'grayscale' for options.mode/],
    [{ reduce: 3 }, /1, 2, 4 or 8 for options.reduce/],
    [{ reduce: '2' }, /1, 2, 4 or 8 for options.reduce/],
    [{ limits: { pixels: 0 } }, /options.limits.pixels/],
    [{ limits: { messageBytes: 1 } }, /messageBytes/],
    [{ scale: 2 }, /'scale'/],
  ])('refuse the options %j', async (options, message) => {
    const addon = useFakeAddon();
    await expect(Mat.decode(new Uint8Array(1), options as object)).rejects.toThrow(message);
    await expect(Mat.read('a.png', options as object)).rejects.toThrow(message);
    expect(addon.codecCalls).toEqual([]);
  });

  it.each([[''], ['a\0b'], [7], [new URL('http://example.com/a.png')]])('refuse the path %j', async (path) => {
    useFakeAddon();
    await expect(Mat.read(path as string)).rejects.toThrow(/path|file/);
    await expect(new Mat(1, 1, CV_8UC1).write(path as string)).rejects.toThrow(/path|file/);
  });

  it('end with their signal, at once, and end the decode', async () => {
    const addon = useFakeAddon();
    addon.codecResult = () => new Promise(() => {});
    const controller = new AbortController();
    const decoding = Mat.decode(new Uint8Array([1]), { signal: controller.signal });
    const reading = Mat.read('a.png', { signal: controller.signal });
    await new Promise(setImmediate);
    expect(addon.cancelled.size).toBe(0);
    controller.abort();
    await expect(decoding).rejects.toBe(controller.signal.reason);
    await expect(reading).rejects.toBe(controller.signal.reason);
    const given = addon.codecCalls.map((call) => (call[2] as NativeDecodeOptions).cancellation);
    expect([...addon.cancelled]).toEqual(given);
    await expect(Mat.read('a.png', { signal: controller.signal })).rejects.toBe(controller.signal.reason);
    expect(addon.codecCalls).toHaveLength(2);
  });

  it('say whether pixels are missing', async () => {
    const addon = useFakeAddon();
    addon.codecResult = async () => ({ ...answer(), damaged: true });
    expect((await Mat.decode(new Uint8Array(1), { damaged: 'keep' })).damaged).toBe(true);
    expect(addon.codecCalls[0]?.[2]).toEqual({ damaged: 'keep' });
    addon.codecResult = async () => answer();
    expect((await Mat.read('a.png', { damaged: 'keep' })).damaged).toBe(false);
  });

  it('reject with an ImageError where the addon fails', async () => {
    const addon = useFakeAddon();
    addon.codecResult = () => Promise.reject(Object.assign(new Error('no'), nativeError('image', 'CANNOT_READ_FILE')));
    const failure = await Mat.read('a.png').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImageError);
    expect(failure).toMatchObject({ code: 'CANNOT_READ_FILE' });
  });
});

describe('mat.encode and mat.write', () => {
  it('hand the matrix and the options on', async () => {
    const addon = useFakeAddon();
    addon.codecResult = async () => new Uint8Array([5]);
    const mat = new Mat(2, 1, CV_16UC1, new Uint16Array([1, 2, 3, 4]), 4);
    expect(await mat.encode()).toEqual(new Uint8Array([5]));
    await mat.encode('.jpg', { quality: 3, progressive: true, chromaSubsampling: '4:4:4' });
    await mat.write('a.png');
    await mat.write('a', { format: 'png', filter: 'paeth', strategy: 'filtered' });
    const pixels = new Uint8Array(mat.data.buffer, 0, 6);
    const held = [2, 1, CV_16UC1, 4, pixels];
    expect(addon.codecCalls).toEqual([
      ['encodeImage', ...held, '.png', undefined],
      ['encodeImage', ...held, '.jpg', { quality: 3, progressive: true, chromaSubsampling: '4:4:4' }],
      ['writeImage', ...held, 'a.png', '', undefined],
      ['writeImage', ...held, 'a', 'png', { filter: 'paeth', strategy: 'filtered' }],
    ]);
  });

  it.each<[unknown, RegExp]>([
    [{ quality: 1.5 }, /options.quality/],
    [{ progressive: 1 }, /true or false for options.progressive/],
    [{ chromaSubsampling: '420' }, /'4:2:0'.* for options.chromaSubsampling/],
    [{ filter: 'best' }, /options.filter/],
    [{ channelOrder: 'rgba' }, /'bgr', 'rgb' for options.channelOrder/],
    [{ chroma: 1 }, /'chroma'/],
  ])('refuse the options %j', async (options, message) => {
    const addon = useFakeAddon();
    const mat = new Mat(1, 1, CV_8UC1);
    await expect(mat.encode('.png', options as object)).rejects.toThrow(message);
    await expect(mat.write('a.png', options as object)).rejects.toThrow(message);
    expect(addon.codecCalls).toEqual([]);
  });

  it('refuse an empty matrix, and a file in the raw format', async () => {
    useFakeAddon();
    await expect(new Mat(0, 1, CV_8UC1).encode()).rejects.toMatchObject({ code: 'INVALID_MATRIX' });
    await expect(new Mat(1, 1, CV_8UC1).write('a', { format: 'raw' as 'png' })).rejects.toThrow(/options.format/);
  });
});
