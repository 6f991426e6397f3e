/** Pictures to encode: crops of examples/photos, the same on every machine. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { ROOT } from './harness/places.js';

const PHOTOS = join(ROOT, 'examples/photos');

export interface PictureSet {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** How many pictures there are. */
  readonly different: number;
}

export interface PictureFile {
  /** The pictures one after the other, 8-bit RGB. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
}

/** How much larger than a picture the photo is made that it is cut out of. */
const MARGIN = 1.5;

/** Photo after photo, each time at another place. */
async function crop(photos: readonly string[], index: number, { width, height }: PictureSet): Promise<Buffer> {
  const photo = photos[index % photos.length] ?? '';
  const [wide, high] = [Math.round(width * MARGIN), Math.round(height * MARGIN)];
  const place = Math.floor(index / photos.length);
  const left = (place * 37) % (wide - width);
  const top = (place * 23) % (high - height);
  return sharp(join(PHOTOS, photo))
    .resize(wide, high, { fit: 'cover' })
    .extract({ left, top, width, height })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
}

/** Makes the pictures, unless they were made before. */
export async function preparePictures(set: PictureSet): Promise<PictureFile> {
  const { name, width, height, different } = set;
  const file = join(ROOT, 'build/bench/pictures', `${name}-${different}x${width}x${height}.rgb`);
  if (!existsSync(file)) {
    const photos = (await readdir(PHOTOS)).filter((photo) => /\.(png|jpg)$/.test(photo)).sort();
    const pictures: Buffer[] = [];
    for (let i = 0; i < different; i++) pictures.push(await crop(photos, i, set));
    await mkdir(dirname(file), { recursive: true });
    // In place only when it is whole.
    await writeFile(`${file}.part`, Buffer.concat(pictures));
    await rename(`${file}.part`, file);
  }
  return { file, width, height };
}
