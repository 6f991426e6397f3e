// Formats beyond PNG, JPEG, WebP and BMP: only where the program names them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CV_8UC1,
  CV_8UC3,
  CV_8UC4,
  CV_16UC1,
  CV_16UC3,
  CV_16UC4,
  CV_32FC1,
  CV_32FC3,
  CV_32FC4,
  CV_64FC1,
  CV_64FC3,
  ImageError,
  type ImageFormat,
  Mat,
} from 'matmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, openPair } from '../../support/clients.js';
import { expectSame, noise, regionOf } from '../../support/mats.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matmq-rare-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tiffTypes = [
  ...[CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_16UC4],
  ...[CV_32FC1, CV_32FC3, CV_32FC4, CV_64FC1, CV_64FC3],
];

describe('TIFF and PNM', () => {
  it('travel with every pixel to a consumer that names them', async () => {
    const { producer, consumer } = await openPair({}, { consumer: { formats: ['tiff', 'pnm'] } });
    const sent: [Mat, ImageFormat, string][] = [];
    for (const type of tiffTypes) sent.push([regionOf(noise, 31, 47, type), '.tiff', 'image/tiff']);
    for (const type of [CV_8UC1, CV_16UC1]) sent.push([noise(9, 8, type), '.pgm', 'image/x-portable-graymap']);
    for (const type of [CV_8UC3, CV_16UC3]) sent.push([noise(9, 8, type), '.ppm', 'image/x-portable-pixmap']);
    for (const type of [CV_8UC1, CV_16UC3]) sent.push([noise(9, 8, type), 'pnm', 'image/x-portable-anymap']);
    for (const [mat, format, contentType] of sent) {
      await producer.sendImage(mat, format);
      const image = await consumer.receiveImage();
      expect(image.message.properties.contentType).toBe(contentType);
      expectSame(image, mat);
    }
  });

  it('are refused by a consumer that does not, with what to do about it; the next message is received', async () => {
    const { producer, consumer } = await openPair();
    const mat = noise(9, 8, CV_8UC3);
    for (const format of ['tiff', 'pnm'] as const) {
      await producer.sendImage(mat, format);
      await failure(
        consumer.receiveImage(),
        ImageError,
        'NOT_AN_IMAGE',
        `'${format}'`,
        'name it in the option formats',
      );
      await producer.sendImage(mat);
      expectSame(await consumer.receiveImage(), mat);
    }
  });

  it('are decoded by the one call that names them', async () => {
    const { producer, consumer } = await openPair({ ack: 'manual' });
    const mat = noise(9, 8, CV_16UC3);
    await producer.sendImage(mat, '.tiff');
    const message = await consumer.receive();
    await failure(message.image(), ImageError, 'NOT_AN_IMAGE');
    expectSame(await message.image({ formats: ['tiff'] }), mat);
    await producer.sendImage(mat, '.tiff');
    expectSame(await consumer.receiveImage({ formats: ['png', 'tiff'] }), mat);
  });

  it('obey mode and reduce', async () => {
    const mat = noise(16, 24, CV_16UC3);
    for (const format of ['tiff', 'pnm'] as const) {
      const bytes = await mat.encode(format);
      const gray = await Mat.decode(bytes, { formats: [format], mode: 'grayscale', reduce: 2 });
      expect([gray.rows, gray.cols, gray.type]).toEqual([8, 12, CV_8UC1]);
    }
  });

  it('are held against the limits', async () => {
    const bytes = await noise(16, 24, CV_8UC1).encode('.tiff');
    const limits = { pixels: 16 * 24 - 1 };
    await failure(Mat.decode(bytes, { formats: ['tiff'], limits }), ImageError, 'LIMIT_EXCEEDED', 'limits.pixels');
  });
});

describe('formats', () => {
  it('narrow what is decoded, and do not count raw matrices', async () => {
    const { producer, consumer } = await openPair({}, { consumer: { formats: ['jpeg'] } });
    const mat = noise(9, 8, CV_8UC3);
    await producer.sendImage(mat, '.png');
    await failure(consumer.receiveImage(), ImageError, 'NOT_AN_IMAGE', 'a body that is a JPEG image', "'png'");
    await producer.sendImage(mat, 'raw');
    expectSame(await consumer.receiveImage(), mat);
    await producer.sendImage(mat, '.jpg');
    expect((await consumer.receiveImage()).rows).toBe(9);
  });

  it('of two receives in turn are each obeyed, looked ahead or not', async () => {
    const { producer, consumer } = await openPair();
    const mat = noise(9, 8, CV_8UC3);
    for (let i = 0; i < 4; i++) await producer.sendImage(mat, i % 2 === 0 ? '.png' : '.tiff');
    await producer.flush();
    for (let i = 0; i < 4; i++) {
      expectSame(await consumer.receiveImage(i % 2 === 0 ? undefined : { formats: ['tiff'] }), mat);
    }
  });
});

describe('a file', () => {
  it('is what its name says, unless formats say what it may be', async () => {
    const mat = noise(9, 8, CV_8UC3);
    for (const name of ['a.tiff', 'a.TIF', 'a.ppm', 'a.pnm']) {
      const path = join(folder, name);
      await mat.write(path);
      expectSame(await Mat.read(path), mat);
      await failure(Mat.read(path, { formats: ['png'] }), ImageError, 'NOT_AN_IMAGE');
    }
    const disguised = join(folder, 'a.png');
    await mat.write(disguised, { format: 'tiff' });
    await failure(Mat.read(disguised), ImageError, 'NOT_AN_IMAGE');
    expectSame(await Mat.read(disguised, { formats: ['tiff'] }), mat);
  });
});

describe('a matrix that a format cannot hold', () => {
  it('is refused by name before anything is sent', async () => {
    const { producer } = await openPair();
    const cases = [
      [CV_32FC1, '.pnm', 'CV_8U or CV_16U with 1 or 3 channels for PNM'],
      [CV_8UC3, '.pgm', '1 channel for PGM'],
      [CV_8UC1, '.ppm', '3 channels for PPM'],
      ['CV_32SC1', '.tiff', 'CV_8U, CV_16U, CV_32F or CV_64F with 1, 3 or 4 channels for TIFF'],
    ] as const;
    for (const [type, format, words] of cases) {
      await failure(producer.sendImage(new Mat(3, 4, type), format), ImageError, 'CANNOT_ENCODE', words);
    }
  });
});
