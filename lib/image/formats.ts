/** The image file formats. A new one needs no other file of lib/. */
import { extname } from 'node:path';
import { outOfRange, wrongType } from '../base/argument.js';
import { ImageError } from '../base/errors.js';
import type { Reader } from '../base/readers.js';

interface Format {
  /** Its names in options, and the extensions of its files. */
  readonly names: readonly string[];
  /** Further names of what is decoded, but never written. */
  readonly namesToDecode?: readonly string[];
  /** Whether it is decoded unless the options name other formats. */
  readonly usual: boolean;
}

/** By the name of the decoder. The core has the same formats; a test compares the two. */
const FORMATS = {
  png: { names: ['png'], usual: true },
  jpeg: { names: ['jpg', 'jpeg'], usual: true },
  webp: { names: ['webp'], usual: true },
  bmp: { names: ['bmp'], usual: true },
  tiff: { names: ['tif', 'tiff'], usual: false },
  pnm: { names: ['pnm', 'pgm', 'ppm'], namesToDecode: ['pbm'], usual: false },
} as const satisfies Readonly<Record<string, Format>>;

type Formats = typeof FORMATS;
type Decoder = keyof Formats;
type FormatName = Formats[Decoder]['names'][number];
type NameToDecode = Extract<Formats[Decoder], { readonly namesToDecode: unknown }>['namesToDecode'][number];

/** An image file format, with or without its dot. `pnm` is PGM or PPM, by the channels of the matrix. */
export type ImageFormat = FormatName | `.${FormatName}`;

/** A file format as what is decoded: each of `pnm`, `pbm`, `pgm` and `ppm` is all of them. */
export type DecodableFormat = ImageFormat | NameToDecode | `.${NameToDecode}`;

/** How an image travels: as a file of that format, or as the matrix itself (`raw`). */
export type ImageEncoding = ImageFormat | 'raw';

const entries = Object.entries(FORMATS) as readonly (readonly [Decoder, Format])[];
const DECODERS = entries.map(([decoder]) => decoder);
const decoderByName = new Map(
  entries.flatMap(([decoder, { names, namesToDecode = [] }]) =>
    [...names, ...namesToDecode].map((name) => [name, decoder] as const),
  ),
);

/** The names of all formats that are written. */
export const FORMAT_NAMES = entries.flatMap(([, { names }]) => names);

/** The formats that are decoded unless the options name others. */
export const USUAL_FORMATS = entries.filter(([, { usual }]) => usual).map(([decoder]) => decoder);

const nameOf = (format: string) => format.replace(/^\./, '').toLowerCase();
const listed = (names: Iterable<string>) => Array.from(names, (name) => `'${name}'`).join(', ');

const decoder: Reader<Decoder> = (value, what) => {
  const expected = `one of ${listed(decoderByName.keys())}`;
  if (typeof value !== 'string') throw wrongType(what, expected, value);
  const found = decoderByName.get(nameOf(value));
  if (found === undefined) throw outOfRange(what, expected, value);
  return found;
};

/** The formats to decode: a set, always in the order of the table, so that equal sets are equal lists. */
export const formats: Reader<readonly Decoder[]> = (value, what) => {
  if (!Array.isArray(value)) throw wrongType(what, "a list of formats such as ['png', 'tiff']", value);
  if (value.length === 0) throw outOfRange(what, 'at least one format', value);
  const named = new Set(value.map((format, index) => decoder(format, `${what}[${index}]`)));
  return DECODERS.filter((format) => named.has(format));
};

const isFormat = (name: string) => FORMAT_NAMES.includes(nameOf(name));

/** The format of a file that is written. */
export const fileFormat: Reader<string> = (value, what) => {
  const expected = `one of ${listed(FORMAT_NAMES)}`;
  if (typeof value !== 'string') throw wrongType(what, expected, value);
  if (!isFormat(value)) throw outOfRange(what, expected, value);
  return value;
};

/** @throws ImageError `UNKNOWN_FORMAT` unless the path's extension names a format */
export function checkExtension(path: string): void {
  const extension = extname(path);
  if (extension !== '' && isFormat(extension)) return;
  const known = FORMAT_NAMES.map((name) => `.${name}`).join(', ');
  throw new ImageError(
    'UNKNOWN_FORMAT',
    `expected a path that ends with ${known}, or options.format, but received '${path.slice(-60)}'`,
  );
}
