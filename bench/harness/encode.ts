/** Encoding pictures and publishing them. */
import { readFile } from 'node:fs/promises';
import type { Picture, PictureClient } from './client.js';
import { readyToGo } from './go.js';
import { Measurement } from './measure.js';
import type { EncodeJob, Outcome } from './protocol.js';

function swapRedAndBlue(pixels: Buffer): void {
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const red = pixels[i] ?? 0;
    pixels[i] = pixels[i + 2] ?? 0;
    pixels[i + 2] = red;
  }
}

/** Each in memory of its own, as a program would have them. */
async function readPictures({ file, width, height }: EncodeJob, channels: 'rgb' | 'bgr'): Promise<Picture[]> {
  const all = await readFile(file);
  if (channels === 'bgr') swapRedAndBlue(all);
  const size = width * height * 3;
  return Array.from({ length: all.length / size }, (_, i) => {
    const pixels = Buffer.allocUnsafeSlow(size);
    all.copy(pixels, 0, i * size);
    return { width, height, pixels };
  });
}

export async function encode(client: PictureClient, job: EncodeJob): Promise<Outcome> {
  const pictures = await readPictures(job, client.channels);
  const publisher = await client.openPicturePublisher(job.target, job);
  await publisher.publish(pictures, job.warm);
  await readyToGo();
  const measurement = new Measurement();
  await publisher.publish(pictures, job.count);
  const outcome = measurement.finish(job.count, job.count * job.width * job.height * 3);
  await publisher.close();
  return outcome;
}
