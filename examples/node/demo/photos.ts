import { basename } from 'node:path';
import { Mat } from 'matmq';
import { photoFiles } from './photo-files.js';

export interface Photo {
  readonly name: string;
  readonly pixels: Mat;
}

/** The photos as matrices. */
export async function readPhotos(): Promise<readonly Photo[]> {
  const files = await photoFiles();
  return Promise.all(files.map(async (file) => ({ name: basename(file), pixels: await Mat.read(file) })));
}
