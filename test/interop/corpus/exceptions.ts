/** Where MatMQ does not do as OpenCV 4.6 does, what it does instead, and why. Everything else is as `cv2.imdecode`. */
import type { CorpusFile, Mode } from './readings.js';

/**
 * What MatMQ does:
 * - `refuses` with CANNOT_DECODE
 * - `as Pillow`: the pixels of Pillow
 * - `nearly as Pillow`: at most 7 apart, because Pillow fills the low bits of samples of 5 and 6 bits
 * - `as the file of the same picture`: the colours of the sound file that the corpus names beside it (`sameAs`)
 */
export type Instead = 'refuses' | 'as Pillow' | 'nearly as Pillow' | 'as the file of the same picture';

export interface Exception {
  readonly format: string;
  readonly kinds: readonly (string | RegExp)[];
  /** Of these kinds, the files whose names match; all unless given. */
  readonly names?: RegExp;
  /** All unless given. */
  readonly modes?: readonly Mode[];
  readonly instead: Instead;
  readonly reason: string;
}

const REDUCED: readonly Mode[] = ['color', 'grayscale'];

export const EXCEPTIONS: readonly Exception[] = [
  {
    format: 'png',
    kinds: ['wrong checksum, tRNS', 'wrong checksum beside tRNS'],
    instead: 'refuses',
    reason: 'OpenCV leaves the transparency out, or trusts it; without it the pixels would be others. Pillow refuses.',
  },
  {
    format: 'jpeg',
    kinds: ['truncated'],
    names: /-cut-/,
    instead: 'refuses',
    reason: 'OpenCV 4.6 returns an image of which a part is missing. OpenCV 5.0 and Pillow refuse.',
  },
  {
    format: 'jpeg',
    kinds: ['no end marker'],
    instead: 'as the file of the same picture',
    reason: 'No pixel is lost. OpenCV 4.6 loses the last rows; OpenCV 5.0 and Pillow refuse.',
  },
  {
    format: 'jpeg',
    kinds: ['restart marker of a near number', 'restart marker missing', 'overwritten', 'wrong sides'],
    names: /restart|ones-in-scan|taller/,
    instead: 'refuses',
    reason: 'Pixels are missing or guessed. OpenCV and Pillow ask libjpeg-turbo, which goes on with a warning.',
  },
  {
    format: 'jpeg',
    kinds: ['a scan twice'],
    instead: 'refuses',
    reason: 'A second scan of a sequential file would overwrite the first. Pillow refuses.',
  },
  {
    format: 'jpeg',
    kinds: ['arithmetic coding'],
    instead: 'refuses',
    reason:
      'Arithmetic decoding never reports the end of its data: the rest of a truncated image would be invented. ' +
      'OpenCV and Pillow decode it (docs/wire-format.md names it as refused).',
  },
  {
    format: 'webp',
    kinds: ['animated', 'animated, first frame smaller than the canvas'],
    instead: 'as Pillow',
    reason: 'The first frame is decoded, on a transparent black canvas. OpenCV 4.6 refuses; OpenCV 5.0 does the same.',
  },
  {
    format: 'webp',
    kinds: ['animated, EXIF'],
    instead: 'as the file of the same picture',
    reason: 'The first frame is decoded, and not turned, as of a still WebP. OpenCV 4.6 refuses.',
  },
  {
    format: 'bmp',
    kinds: ['OS/2 1.x header'],
    modes: ['unchanged'],
    instead: 'as Pillow',
    reason: 'OpenCV (4.6 and 5.0) makes grey of every file with this header; MatMQ gives the colours that it has.',
  },
  {
    format: 'bmp',
    kinds: ['16 bit with masks'],
    names: /-v[2-5]-/,
    instead: 'as the file of the same picture',
    reason:
      'OpenCV (4.6 and 5.0) refuses masks that stand in the header itself. Pillow decodes V4 and V5, and fills the ' +
      'low bits.',
  },
  {
    format: 'bmp',
    kinds: ['16 bit with masks, by ImageMagick'],
    instead: 'nearly as Pillow',
    reason: 'OpenCV (4.6 and 5.0) refuses masks that stand in the header itself. Pillow fills the low bits.',
  },
  {
    format: 'bmp',
    kinds: ['32 bit with masks'],
    names: /-(info|v2)-rgbx/,
    instead: 'as the file of the same picture',
    reason: 'OpenCV (4.6 and 5.0) ignores the masks of a short header, and exchanges red and blue. Pillow refuses.',
  },
  {
    format: 'bmp',
    kinds: ['32 bit with masks', '32 bit with masks, alpha'],
    names: /-v[3-5]-(rgbx|rgba|argb)/,
    modes: REDUCED,
    instead: 'as the file of the same picture',
    reason: 'OpenCV 4.6 ignores the masks unless alpha is wanted, too. OpenCV 5.0 and Pillow (of rgba) heed them.',
  },
  {
    format: 'bmp',
    kinds: ['32 bit with masks of 10 bits'],
    instead: 'refuses',
    reason:
      'Only masks of whole bytes are decoded. OpenCV 4.6 makes wrong colours of it, 5.0 right ones; Pillow refuses.',
  },
  {
    format: 'bmp',
    kinds: ['RLE4 with jumps'],
    instead: 'as the file of the same picture',
    reason: 'OpenCV (4.6 and 5.0) refuses a jump in RLE4. Pillow 9.4 makes other pixels, Pillow 13 refuses.',
  },
  {
    format: 'bmp',
    kinds: ['runs beyond their row or image'],
    names: /beyond-jump/,
    instead: 'refuses',
    reason: 'A jump that leaves the image. OpenCV stays at its border; Pillow refuses.',
  },
  {
    format: 'tiff',
    kinds: ['palette, 4 bit'],
    instead: 'as Pillow',
    reason: 'OpenCV 4.6 refuses palettes of 4 bits. OpenCV 5.0 decodes them.',
  },
  {
    format: 'tiff',
    kinds: ['float, 64 bit', 'predictor 3'],
    names: /-f8-[34]-/,
    modes: ['unchanged'],
    instead: 'as the file of the same picture',
    reason: 'OpenCV 4.6 refuses colours of 64-bit numbers, Pillow too. OpenCV 5.0 decodes them.',
  },
  {
    format: 'tiff',
    kinds: ['packed: none', 'tiles', 'tiles, bilevel', "by libtiff's tools"],
    names: /packed-none-tiles|tiles-(16x16|32x16)-(rgb|grey)\.|tiles-\w+-bilevel|tiffcp-tiles/,
    instead: 'as the file of the same picture',
    reason: 'OpenCV (4.6 and 5.0) refuses small tiles that are not packed. Pillow decodes them.',
  },
  {
    format: 'tiff',
    kinds: ['tiles'],
    names: /tiles-16x16-16/,
    modes: REDUCED,
    instead: 'as the file of the same picture',
    reason: 'As above; OpenCV decodes samples of 16 bits in another way where they stay such.',
  },
  {
    format: 'tiff',
    kinds: ['orientation 1 to 8'],
    names: /[2367]-tiles/,
    instead: 'as the file of the same picture',
    reason:
      'OpenCV (4.6 and 5.0) leaves each tile where it was and turns what is in it. Pillow turns the whole image, too.',
  },
  {
    format: 'tiff',
    kinds: [/^not promised: /],
    instead: 'refuses',
    reason: 'docs/api.md names what is decoded of TIFF; the rest is refused by name, whoever else decodes it.',
  },
  {
    format: 'tiff',
    kinds: ['flipped bit, deflate'],
    names: /-(10|80)\./,
    instead: 'refuses',
    reason: 'libtiff reports an error in a strip. OpenCV shows what came out until then; Pillow refuses.',
  },
  {
    format: 'tiff',
    kinds: ['wrong tag'],
    names: /width-more|size-(0|short|outside)/,
    instead: 'refuses',
    reason: 'The strips are said to be shorter than the image. OpenCV and Pillow read what lies behind them.',
  },
  {
    format: 'tiff',
    kinds: ['missing tag', 'wrong tag'],
    names: /no-sizes|no-color-map|compression-99/,
    instead: 'refuses',
    reason: 'A tag without which nobody can tell the pixels. OpenCV guesses; Pillow guesses the sizes only.',
  },
  {
    format: 'pnm',
    kinds: ['plain text'],
    names: /no-last-newline/,
    instead: 'as the file of the same picture',
    reason: 'OpenCV (4.6 and 5.0) refuses a last number that the file ends with. Pillow decodes it.',
  },
];

function concerns({ format, kinds, names }: Exception, file: CorpusFile): boolean {
  if (format !== file.format || (names && !names.test(file.name))) return false;
  return kinds.some((kind) => (typeof kind === 'string' ? kind === file.kind : kind.test(file.kind)));
}

/** What is said about a file in a mode; undefined where it is as OpenCV. */
export function exceptionOf(file: CorpusFile, mode: Mode): Exception | undefined {
  return EXCEPTIONS.find((exception) => concerns(exception, file) && (exception.modes ?? [mode]).includes(mode));
}
