import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Mat } from 'matmq';
import { CodecQueue } from '../codec-queue.js';
import { photoFiles } from './photo-files.js';

export interface Photo {
  readonly name: string;
  readonly pixels: Mat;
}

/** The photos as matrices. */
export async function readPhotos(url: string): Promise<readonly Photo[]> {
  const photos: Photo[] = [];
  await using codecs = await CodecQueue.open(url);
  for (const file of await photoFiles()) {
    photos.push({ name: basename(file), pixels: await codecs.decode(await readFile(file)) });
  }
  return photos;
}
