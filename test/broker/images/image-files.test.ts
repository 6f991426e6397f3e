// Images without a connection.
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_32FC1, ImageError, Mat, makeType, versions } from 'matmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPair } from '../../support/clients.js';
import { expectSame, gradient, noise, regionOf } from '../../support/mats.js';

const PHOTOS = fileURLToPath(new URL('../../../examples/photos', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matmq-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a file', () => {
  it.each([
    ['.png', CV_8UC3],
    ['.png', CV_16UC1],
    ['.bmp', CV_8UC1],
    ['.webp', CV_8UC3],
  ] as const)(
    '%s is written and read with every pixel, a part of a larger matrix too (type %i)',
    async (format, type) => {
      const path = join(folder, `ä ${type}${format}`);
      for (const mat of [noise(31, 47, type), regionOf(noise, 31, 47, type)]) {
        await mat.write(path);
        expectSame(await Mat.read(path), mat);
        expectSame(await Mat.read(pathToFileURL(path)), mat);
        expect(Buffer.compare(await readFile(path), await mat.encode(format))).toBe(0);
      }
    },
  );

  it('is read as its bytes are received', async () => {
    const { producer, consumer } = await openPair();
    for (const name of (await readdir(PHOTOS)).filter((entry) => /\.(png|jpg)$/.test(entry))) {
      const bytes = await readFile(join(PHOTOS, name));
      await producer.send(bytes);
      const received = await consumer.receiveImage();
      expectSame(await Mat.read(join(PHOTOS, name)), received);
      expectSame(await Mat.decode(bytes), received);
    }
  });

  it('is in the format that is named, or that its extension says, whatever its case', async () => {
    const mat = gradient(20, 30, CV_8UC3);
    await mat.write(join(folder, 'none'), { format: 'jpeg', quality: 50 });
    await mat.write(join(folder, 'upper.JPG'), { quality: 50 });
    const [first, second] = await Promise.all([readFile(join(folder, 'none')), readFile(join(folder, 'upper.JPG'))]);
    expect(first.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(Buffer.compare(first, second)).toBe(0);
    await expect(mat.write(join(folder, 'a.gif'))).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' });
    await expect(mat.write(join(folder, 'a'))).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' });
  });

  it('that cannot be read or written is an error with its path and the reason', async () => {
    const mat = gradient(20, 30, CV_8UC3);
    const missing = join(folder, 'missing', 'a.png');
    for (const [attempt, code] of [
      [Mat.read(missing), 'CANNOT_READ_FILE'],
      [mat.write(missing), 'CANNOT_WRITE_FILE'],
      [Mat.read(folder), 'CANNOT_READ_FILE'],
      [mat.write(folder, { format: 'png' }), 'CANNOT_WRITE_FILE'],
    ] as const) {
      const failure = await attempt.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ImageError);
      expect(failure).toMatchObject({ code });
      expect(String(failure)).toContain(folder);
      expect(String(failure)).toMatch(/No such file or directory|regular file/);
    }
  });

  it('that is no image is told from one that is damaged, and from one that is too large', async () => {
    const text = join(folder, 'text.png');
    await writeFile(text, 'no image at all');
    await expect(Mat.read(text)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
    const whole = await gradient(20, 30, CV_8UC3).encode('.png');
    await expect(Mat.decode(whole.subarray(0, 100))).rejects.toMatchObject({ code: 'CANNOT_DECODE' });
    await expect(Mat.decode(whole, { limits: { pixels: 599 } })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(Mat.decode(whole, { limits: { decodedBytes: 1799 } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect((await Mat.decode(whole, { limits: { pixels: 600, decodedBytes: 1800 } })).rows).toBe(20);
  });

  it('that is replaced stays what it was until the new one is whole, and keeps its permissions', async () => {
    const path = join(folder, 'kept.png');
    const mat = gradient(20, 30, CV_8UC3);
    await mat.write(path);
    await chmod(path, 0o640);
    await expect(noise(2, 2, CV_32FC1).write(path)).rejects.toMatchObject({ code: 'CANNOT_ENCODE' });
    expectSame(await Mat.read(path), mat);
    // Readers at the same time never see half a file.
    const next = noise(300, 300, CV_8UC3);
    const reads = Array.from({ length: 20 }, () => Mat.read(path));
    await next.write(path);
    for (const { rows } of await Promise.all(reads)) expect([20, 300]).toContain(rows);
    expectSame(await Mat.read(path), next);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is decoded and encoded many at a time, while the event loop turns', async () => {
    const mat = gradient(600, 800, CV_8UC3);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const encoded = await Promise.all(Array.from({ length: 8 }, () => mat.encode('.png')));
    const decoded = await Promise.all(encoded.map((bytes) => Mat.decode(bytes)));
    clearInterval(timer);
    for (const image of decoded) expectSame(image, mat);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('sharp and canvases', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('get a copy of gray pixels of depth %i, with or without alpha', async (depth) => {
    for (const channels of [1, 2]) {
      const mat = regionOf(noise, 5, 7, makeType(depth, channels));
      const { data, info } = await mat.toSharp();
      expect(info).toEqual({ width: 7, height: 5, channels });
      expectSame(new Mat(5, 7, mat.type, data), mat);
      expect(data.buffer).not.toBe(mat.data.buffer);
    }
  });

  it('get nothing that they cannot hold', async () => {
    await expect(new Mat(1, 1, makeType(0, 5)).toSharp()).rejects.toMatchObject({ code: 'CANNOT_ENCODE' });
    await expect(new Mat(1, 1, CV_32FC1).toImageData()).rejects.toMatchObject({ code: 'CANNOT_ENCODE' });
    await expect(new Mat(0, 1, CV_8UC4).toSharp()).rejects.toMatchObject({ code: 'INVALID_MATRIX' });
    const gray = await gradient(2, 2, CV_8UC1).toImageData();
    expect(new Set(gray.data.subarray(0, 3)).size).toBe(1);
    expect(gray.data[3]).toBe(255);
  });
});

it('versions() says what the codecs are', () => {
  for (const name of ['opencv', 'libjpeg-turbo', 'libpng', 'libwebp']) {
    expect(versions()[name], name).toMatch(/^\d+\.\d+/);
  }
});
