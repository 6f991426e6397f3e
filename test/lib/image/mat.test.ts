import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as matmq from '../../../lib/index.js';
import { CV_8U, CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC1, CV_64FC2, Mat, makeType, typeName } from '../../../lib/index.js';

const depths = [
  ['8U', 0, Uint8Array],
  ['8S', 1, Int8Array],
  ['16U', 2, Uint16Array],
  ['16S', 3, Int16Array],
  ['32S', 4, Int32Array],
  ['32F', 5, Float32Array],
  ['64F', 6, Float64Array],
] as const;

/** 2 rows of 3 pixels with 2 bytes of padding: 1 2 3 . . / 4 5 6 */
const padded = () => new Mat(2, 3, CV_8UC1, new Uint8Array([1, 2, 3, 0, 0, 4, 5, 6]), 5);

describe('what a Mat shows', () => {
  it('is copied with it, by structuredClone() and by a spread', () => {
    const { rows, cols, type, step, data } = padded();
    const fields = { rows, cols, type, step, data };
    expect(structuredClone(padded())).toEqual(fields);
    expect({ ...padded() }).toMatchObject(fields);
    expect(Mat.from(structuredClone(padded())).at(1, 2)).toBe(6);
  });

  it('is seen through a proxy', () => {
    const proxy = new Proxy(padded(), {});
    expect([proxy.at(1, 2), proxy.data.length, proxy.region({ x: 1, y: 1, width: 2, height: 1 }).at(0, 1)]).toEqual([
      6, 8, 6,
    ]);
    expect([...proxy.clone().data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is its fields in console.log, and names the type', () => {
    expect(inspect(padded())).toMatch(/rows: 2.*cols: 3.*'CV_8UC1'.*step: 5.*Uint8Array\(8\)/s);
  });
});

describe('types', () => {
  it.each(depths)("of depth %s have OpenCV's numbers, names and typed arrays", (name, depth, array) => {
    for (const channels of [1, 2, 3, 4] as const) {
      const type = (matmq as Record<string, unknown>)[`CV_${name}C${channels}`];
      expect(type).toBe(depth + ((channels - 1) << 3));
      const mat = new Mat(2, 3, `CV_${name}C${channels}`);
      expect(mat.type).toBe(type);
      expect(mat.typeName).toBe(`CV_${name}C${channels}`);
      expect(mat.depth).toBe(depth);
      expect(mat.channels).toBe(channels);
      expect(mat.elemSize).toBe(channels * array.BYTES_PER_ELEMENT);
      expect(mat.data).toBeInstanceOf(array);
      expect(mat.data).toHaveLength(6 * channels);
    }
  });

  it("write more than four channels as OpenCV's wire names do, and read both forms", () => {
    const type = makeType(CV_8U, 7);
    expect(typeName(type)).toBe('CV_8UC(7)');
    expect(new Mat(1, 1, 'CV_8UC(7)').type).toBe(type);
    expect(new Mat(1, 1, 'CV_8UC7').type).toBe(type);
  });

  it('have 1 to 512 channels', () => {
    expect(new Mat(1, 1, makeType(6, 512)).elemSize).toBe(4096);
    expect(() => makeType(0, 513)).toThrow(/expected an integer from 1 to 512 for channels but received 513/);
    expect(() => makeType(0, 0)).toThrow(RangeError);
  });

  it.each([7, -1, 0.5, 4096, Number.NaN, 'CV_16FC1', 'CV_8UC0', 'CV_8UC513', 'CV_8UC', 'CV_8UC(3', '8UC3', 'toString'])(
    'refuse %s',
    (type) => {
      expect(() => new Mat(1, 1, type as number)).toThrow(/expected an OpenCV type .* for type but received/);
      expect(() => typeName(type as number)).toThrow(/expected an OpenCV type .* for type but received/);
    },
  );

  it('refuse 16-bit floats, for which there is no typed array', () => {
    expect(() => makeType(7, 1)).toThrow(RangeError);
  });
});

describe('a matrix', () => {
  it('is zero, in memory of its own, when no data is given', () => {
    const mat = new Mat(2, 2, CV_32FC1);
    expect([...mat.data]).toEqual([0, 0, 0, 0]);
    expect([mat.rows, mat.cols, mat.step, mat.isContinuous, mat.empty]).toEqual([2, 2, 8, true, false]);
  });

  it('is a view of the data it is given', () => {
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6]);
    const mat = new Mat(1, 2, CV_8UC3, bytes);
    bytes[0] = 9;
    expect(mat.at(0, 0, 0)).toBe(9);
    expect(mat.data.buffer).toBe(bytes.buffer);
  });

  it('takes any view or buffer of fitting size', () => {
    const numbers = new Float64Array([1.5, -2.5]);
    for (const data of [
      numbers,
      numbers.buffer,
      new DataView(numbers.buffer),
      new Uint8Array(numbers.buffer),
      new Uint8ClampedArray(numbers.buffer),
    ]) {
      expect([...new Mat(1, 1, CV_64FC2, data).data]).toEqual([1.5, -2.5]);
    }
  });

  it.each([
    [[-1, 1, 0], 'an integer from 0 to 2147483647 for rows but received -1'],
    [[1, 1.5, 0], 'for cols but received 1.5'],
    [['1', 1, 0], "for rows but received '1' of type string"],
    [[1, Number.NaN, 0], 'for cols but received NaN'],
    [[1, 2 ** 31, 0], 'for cols but received 2147483648'],
    [[2, 2, 0, new Uint8Array(3)], '4 bytes (rows, cols, type and step say so) for data but received 3'],
    [[2, 2, 0, new Uint8Array(5)], '4 bytes (rows, cols, type and step say so) for data but received 5'],
    [[2, 2, 0, [1, 2, 3, 4]], 'a typed array, DataView or ArrayBuffer for data but received a value of type Array'],
    [[2, 2, 0, null], 'for data but received null'],
    [[1, 1, 2, new Uint8Array(3).subarray(1)], 'memory that begins at a multiple of 2 bytes'],
    [[2, 2, 0, new Uint8Array(9), 1], 'a multiple of 1 that is at least 2 (bytes of a row) for step but received 1'],
    [[2, 2, 2, new Uint8Array(9), 5], 'a multiple of 2 that is at least 4 (bytes of a row) for step but received 5'],
    [[2, 2, 0, new Uint8Array(9), 4], '6 to 8 bytes (rows, cols, type and step say so) for data but received 9'],
    [[2, 2, 0, new Uint8Array(5), 4], 'for data but received 5'],
    [[2, 2, 0, new Uint8Array(9), Number.POSITIVE_INFINITY], 'for step but received Infinity'],
    [[2147483647, 2147483647, 4095 - 1], 'a matrix that fits memory'],
  ])('is refused when made of %o', (args, message) => {
    expect(() => Reflect.construct(Mat, args)).toThrow(message);
  });

  it('may be empty', () => {
    expect(new Mat(0, 5, CV_8UC3).empty).toBe(true);
    expect(new Mat(5, 0, CV_8UC3, new Uint8Array(0)).empty).toBe(true);
  });

  it('reads and writes single values, and no others', () => {
    const mat = new Mat(2, 2, CV_16UC1, new Uint16Array([1, 2, 3, 65535]));
    expect(mat.at(1, 1)).toBe(65535);
    mat.set(0, 1, 0, 70000);
    expect(mat.at(0, 1)).toBe(70000 % 65536);
    expect(() => mat.at(2, 0)).toThrow(/integer from 0 to 1 for row but received 2/);
    expect(() => mat.at(0, -1)).toThrow(RangeError);
    expect(() => mat.at(0, 0, 1)).toThrow(/channel/);
  });

  it('may have a step', () => {
    const mat = padded();
    expect([mat.step, mat.isContinuous]).toEqual([5, false]);
    expect([[...mat.row(0)], [...mat.row(1)]]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(mat.at(1, 2)).toBe(6);
  });

  it('may be padded after the last row too', () => {
    const mat = new Mat(2, 1, CV_8UC1, new Uint8Array([1, 0, 2, 0]), 2);
    expect([...mat.data]).toEqual([1, 0, 2]);
  });

  it('of one row is continuous whatever its step', () => {
    expect(new Mat(1, 2, CV_8UC1, new Uint8Array(2), 9).isContinuous).toBe(true);
  });

  it('gives a region over the same memory', () => {
    const mat = new Mat(
      3,
      4,
      CV_8UC1,
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    const region = mat.region({ x: 1, y: 1, width: 2, height: 2 });
    expect([region.rows, region.cols, region.step, region.isContinuous]).toEqual([2, 2, 4, false]);
    expect([...region.row(0), ...region.row(1)]).toEqual([5, 6, 9, 10]);
    mat.set(1, 1, 0, 99);
    expect(region.at(0, 0)).toBe(99);
    expect(region.region({ x: 1, y: 1, width: 1, height: 1 }).at(0, 0)).toBe(10);
  });

  it.each([
    [{ x: -1, y: 0, width: 1, height: 1 }, 'for x but received -1'],
    [{ x: 0, y: 0, width: 4, height: 1 }, 'an integer from 0 to 3 for width but received 4'],
    [{ x: 2, y: 0, width: 2, height: 1 }, 'an integer from 0 to 1 for width but received 2'],
    [{ x: 0, y: 2, width: 1, height: 1 }, 'an integer from 0 to 0 for height but received 1'],
    [{ x: 0, y: 0, width: 1 }, 'for height but received undefined'],
    [null, '{ x, y, width, height } for rect but received null'],
  ])('has no region %j', (rect, message) => {
    expect(() => padded().region(rect as matmq.Rect)).toThrow(message);
  });

  it('clones only its pixels', () => {
    const clone = padded().clone();
    expect([...clone.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(clone.isContinuous).toBe(true);
    const whole = new Mat(1, 2, CV_8UC1, new Uint8Array([1, 2]));
    const copy = whole.clone();
    whole.set(0, 0, 0, 9);
    expect([...copy.data]).toEqual([1, 2]);
  });

  it('is made from anything of its shape', () => {
    const mat = Mat.from({ rows: 1, cols: 1, type: 'CV_8UC3', data: new Uint8Array([1, 2, 3]) });
    expect(mat.at(0, 0, 2)).toBe(3);
    expect(Mat.from(mat)).toBe(mat);
    expect(() => Mat.from({} as Mat)).toThrow(/a Mat or an object with rows, cols, type and data for image/);
    expect(() => Mat.from(null as unknown as Mat)).toThrow(TypeError);
    expect(() => Mat.from({ rows: 1, cols: 1, type: 0 } as Mat)).toThrow(/image.data/);
  });
});
