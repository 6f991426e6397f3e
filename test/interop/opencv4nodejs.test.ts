// Against the real package, which `npm run test:opencv4nodejs` builds into a cache folder. Without it these tests are
// skipped, and test/lib/image/sources.test.ts and test/broker/images/channel-order.test.ts stand in with its shape.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CV_8UC3, Mat, makeType, type Opencv4nodejsMat } from 'matmq';
import { beforeAll, describe, expect, it } from 'vitest';
import { openPair } from '../support/clients.js';
import { bytesOf, expectSame, noise, regionOf } from '../support/mats.js';

interface CvMat extends Opencv4nodejsMat {
  getRegion(rect: object): CvMat;
  copyAsync(): Promise<CvMat>;
  at(row: number, col: number): { x: number; y: number; z: number };
}
interface Cv {
  readonly Mat: {
    new (rows: number, cols: number, type: number, data: Buffer, step: number): CvMat;
    new (rows: number, cols: number, type: number, fill: readonly number[]): CvMat;
  };
  readonly Rect: new (x: number, y: number, width: number, height: number) => object;
  imdecode(bytes: Buffer): CvMat;
  imencode(extension: string, mat: CvMat): Buffer;
}

const PLACE = fileURLToPath(new URL('../../.cache/opencv4nodejs/', import.meta.url));
const CHANNELS = [1, 2, 3, 4];

describe.skipIf(!existsSync(`${PLACE}built-for.json`))('@u4/opencv4nodejs', () => {
  let cv: Cv;
  beforeAll(() => {
    // It looks for the OpenCV it was built with, and finds the system's.
    process.env.OPENCV4NODEJS_DISABLE_AUTOBUILD = '1';
    cv = createRequire(PLACE)('@u4/opencv4nodejs');
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('takes matrices of depth %i and gives them back with every byte', async (depth) => {
    for (const channels of CHANNELS) {
      const type = makeType(depth, channels);
      for (const mat of [noise(31, 17, type), regionOf(noise, 31, 17, type)]) {
        const theirs = await mat.toOpencv4nodejs(cv);
        expect([theirs.rows, theirs.cols, theirs.type]).toEqual([31, 17, type]);
        expect(Buffer.compare(await theirs.getDataAsync(), bytesOf(mat))).toBe(0);
        expectSame(await Mat.fromImage(theirs), mat);
      }
    }
  });

  it('has its matrices sent and received, raw and as files, in the order of the calls', async () => {
    const { producer, consumer } = await openPair();
    const mats = [noise(31, 17, CV_8UC3), noise(700, 900, CV_8UC3, 2), noise(3, 4, makeType(5, 3))];
    const theirs = await Promise.all(mats.map((mat) => mat.toOpencv4nodejs(cv)));
    const sends = theirs.flatMap((mat, i) => [
      producer.sendImage(mat, 'raw'),
      producer.send(`after ${i}`),
      ...(i < 2 ? [producer.sendImage(mat, '.png')] : []),
    ]);
    const sequences = (await Promise.all(sends)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    for (const [i, mat] of mats.entries()) {
      expectSame(await consumer.receiveImage(), mat);
      expect((await consumer.receive()).text()).toBe(`after ${i}`);
      if (i < 2) expectSame(await consumer.receiveImage(), mat);
    }
  });

  it('has red where we have it', async () => {
    const { producer, consumer } = await openPair();
    const red = new cv.Mat(20, 30, CV_8UC3, [0, 0, 255]);
    for (const encoding of ['.png', '.jpg', '.webp', '.bmp', 'raw'] as const) await producer.sendImage(red, encoding);
    for (let i = 0; i < 5; i++) {
      const image = await consumer.receiveImage();
      expect([image.at(9, 9, 0), image.at(9, 9, 1)].every((value) => value <= 1)).toBe(true);
      expect(image.at(9, 9, 2)).toBeGreaterThanOrEqual(254);
      const { x: blue, y: green, z: reds } = (await image.toOpencv4nodejs(cv)).at(9, 9);
      expect([blue, green, reds]).toEqual([image.at(9, 9, 0), image.at(9, 9, 1), image.at(9, 9, 2)]);
    }
  });

  it('encodes to the bytes that we encode to', async () => {
    const mat = noise(40, 50, CV_8UC3);
    const theirs = await mat.toOpencv4nodejs(cv);
    for (const format of ['.png', '.jpg', '.webp', '.bmp'] as const) {
      expect(Buffer.compare(await mat.encode(format), cv.imencode(format, theirs)), format).toBe(0);
    }
  });

  it('keeps what it got when our memory goes', async () => {
    const copies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        new Mat(200, 200, CV_8UC3, new Uint8Array(120_000).fill(i)).toOpencv4nodejs(cv),
      ),
    );
    for (let i = 0; i < 50; i++) new Uint8Array(1_000_000).fill(255);
    for (const [i, copy] of copies.entries()) {
      expect((await copy.getDataAsync()).every((byte) => byte === i)).toBe(true);
    }
  });

  it('gives no pixels of a region, and says what to do', async () => {
    const { producer, consumer } = await openPair();
    const region = (await noise(20, 30, CV_8UC3).toOpencv4nodejs(cv)).getRegion(new cv.Rect(1, 2, 3, 4));
    await expect(producer.sendImage(region, 'raw')).rejects.toMatchObject({
      code: 'INVALID_MATRIX',
      message: expect.stringContaining('copy'),
    });
    await producer.sendImage(await region.copyAsync(), 'raw');
    expect((await consumer.receiveImage()).rows).toBe(4);
  });
});
