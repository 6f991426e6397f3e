/** `damaged: 'keep'` through every way that an image comes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CV_8UC3, Mat, type ReceivedImage } from 'matmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPair } from '../../support/clients.js';

async function halfPng(): Promise<Buffer> {
  const mat = new Mat(200, 100, CV_8UC3);
  mat.data.forEach((_, i) => {
    mat.data[i] = i * 7 + (i >> 5);
  });
  const png = await mat.encode('.png');
  return Buffer.from(png.subarray(0, png.length / 2));
}

function expectKept(image: Mat): void {
  expect(image.damaged).toBe(true);
  expect([image.rows, image.cols, image.at(0, 1, 0), image.at(199, 99, 2)]).toEqual([200, 100, 21, 128]);
}

describe('a damaged image', () => {
  it('is kept where the program says so, received, iterated over or decoded later', async () => {
    const { producer, consumer } = await openPair();
    const body = await halfPng();
    for (let i = 0; i < 3; i++) await producer.send(body);
    await producer.sendEOT();
    expectKept(await consumer.receiveImage({ damaged: 'keep' }));
    const message = await consumer.receive();
    await expect(message.image()).rejects.toMatchObject({ code: 'CANNOT_DECODE' });
    const image = await message.image({ damaged: 'keep' });
    expectKept(image);
    expect([image.clone().damaged, image.region({ x: 0, y: 0, width: 1, height: 1 }).damaged]).toEqual([true, true]);
    const seen: ReceivedImage[] = [];
    for await (const kept of consumer.images({ damaged: 'keep' })) seen.push(kept);
    expect(seen).toHaveLength(1);
    expectKept(seen[0] as ReceivedImage);
  });

  it('is refused by default, and a whole one says that it is whole', async () => {
    const { producer, consumer } = await openPair();
    await producer.send(await halfPng());
    await producer.sendImage(new Mat(2, 2, CV_8UC3));
    await expect(consumer.receiveImage()).rejects.toMatchObject({ code: 'CANNOT_DECODE' });
    expect((await consumer.receiveImage({ damaged: 'keep' })).damaged).toBe(false);
  });

  it('is kept of a file, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'matmq-damaged-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'half.png');
    await writeFile(path, await halfPng());
    expectKept(await Mat.read(path, { damaged: 'keep' }));
    await expect(Mat.read(path)).rejects.toMatchObject({ code: 'CANNOT_DECODE' });
    await expect(Mat.decode(await halfPng(), { damaged: 'whole' as 'keep' })).rejects.toThrow(RangeError);
  });
});
