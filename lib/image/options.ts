/** The options of encoding and decoding images, and the one place that reads them. */
import type { NativeDecodeOptions, NativeEncodeOptions } from '../addon/contract.js';
import { outOfRange, wrongType } from '../base/argument.js';
import {
  abortSignal,
  bare,
  boolean,
  integer,
  milliseconds,
  oneOf,
  type Read,
  type Reader,
  readObject,
} from '../base/readers.js';
import { type DecodableFormat, fileFormat, formats, type ImageFormat } from './formats.js';

/**
 * How an image is encoded, as for `cv::imwrite`. Each option belongs to one format except where it says more; given
 * with another it is a `RangeError`.
 */
export interface EncodeOptions {
  /** JPEG 0 to 100 (default 95), WebP 1 to 100, above 100 lossless (the default). */
  readonly quality?: number | undefined;
  /** JPEG: several scans, from coarse to fine. Default: false. */
  readonly progressive?: boolean | undefined;
  /** JPEG: Huffman tables made for the image, which is smaller and slower. Default: false; progressive always does. */
  readonly optimize?: boolean | undefined;
  /** JPEG: a restart marker after every so many MCUs, 1 to 65535. Default: 0, none. */
  readonly restartInterval?: number | undefined;
  /** JPEG: how colour is stored. Default: `'4:2:0'`. A grey image has no chroma. */
  readonly chromaSubsampling?: '4:4:4' | '4:2:2' | '4:2:0' | '4:4:0' | '4:1:1' | undefined;
  /**
   * PNG: zlib level 0 to 9. Default: level 1 with strategy `'rle'` and filter `'sub'`; with a level, strategy
   * `'default'` and a filter chosen for each row.
   */
  readonly compression?: number | undefined;
  /** PNG: zlib's strategy. */
  readonly strategy?: 'default' | 'filtered' | 'huffman' | 'rle' | 'fixed' | undefined;
  /** PNG: the filter of all rows, or the best for each row of the three fast ones or of all. */
  readonly filter?: 'none' | 'sub' | 'up' | 'average' | 'paeth' | 'fast' | 'all' | undefined;
  /** WebP: without loss. Default: true unless there is a `quality` of 100 or less. */
  readonly lossless?: boolean | undefined;
  /**
   * Every format, `raw` too: whether a matrix of 3 or 4 channels is BGR(A), or RGB(A) and turned on a codec thread.
   * Default: what the source is: `'rgb'` of sharp's output and `ImageData`, `'bgr'` of all others.
   */
  readonly channelOrder?: 'bgr' | 'rgb' | undefined;
}

/** Options of `Mat.write()`. */
export interface WriteOptions extends EncodeOptions {
  /** Default: what the path's extension says. */
  readonly format?: ImageFormat | undefined;
}

/**
 * How a body or a file becomes a matrix. A raw matrix obeys `mode` and `reduce`, too; it has 8-bit colour and gray when
 * it has 8 or 16 unsigned bits and 1, 3 or 4 channels, and is `CANNOT_DECODE` otherwise.
 */
export interface DecodeOptions {
  /**
   * As OpenCV's `IMREAD_*`: the channels and depth the file has (`unchanged`), 8-bit BGR (`color`), or 8-bit gray
   * (`grayscale`). Default: `unchanged`.
   */
  readonly mode?: 'unchanged' | 'color' | 'grayscale' | undefined;
  /**
   * `color` and `grayscale` turn the image as its EXIF tag says; true leaves it as it lies. `unchanged` never turns it,
   * as OpenCV's does not. Default: false.
   */
  readonly ignoreOrientation?: boolean | undefined;
  /**
   * Divides the sides by 2, 4 or 8, as OpenCV's `IMREAD_REDUCED_*`. A JPEG is decoded at that size (sides rounded up),
   * which leaves little but its entropy decoding to do; other formats are decoded whole and then reduced (rounded
   * down). Default: 1.
   */
  readonly reduce?: 1 | 2 | 4 | 8 | undefined;
  /**
   * The formats to decode; anything else is an `ImageError` `NOT_AN_IMAGE`. Raw matrices are not counted among them.
   * Default: the consumer's option `formats`; without a consumer `['png', 'jpeg', 'webp', 'bmp']`; for `Mat.read()`
   * also what the path's extension names.
   */
  readonly formats?: readonly DecodableFormat[] | undefined;
  /**
   * What becomes of an image of which pixels are missing: refused as `CANNOT_DECODE`, or kept, with gray for what is
   * missing and `damaged` set. An image of which no row is there is refused all the same. Default: `'refuse'`.
   */
  readonly damaged?: 'refuse' | 'keep' | undefined;
}

/** Options of `Message.image()`. */
export interface ImageOptions extends DecodeOptions {
  /** Ends the decode: the promise rejects with `signal.reason`, and the codec thread is free soon after. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `Mat.read()` and `Mat.decode()`. */
export interface ReadOptions extends ImageOptions {
  /**
   * What may be decoded; more is an `ImageError` `LIMIT_EXCEEDED`. Default: 134217728 pixels, 536870912 bytes,
   * 10000 milliseconds of processor time (`decodeTime`).
   */
  readonly limits?:
    | {
        readonly pixels?: number | undefined;
        readonly decodedBytes?: number | undefined;
        readonly decodeTime?: number | undefined;
      }
    | undefined;
}

/** A decode as the addon takes it; without limits and signal. */
export type Decode = Pick<NativeDecodeOptions, 'mode' | 'ignoreOrientation' | 'reduce' | 'formats' | 'damaged'>;

const factor: Reader<1 | 2 | 4 | 8> = (value, what) => {
  if (typeof value !== 'number') throw wrongType(what, '1, 2, 4 or 8', value);
  if (value !== 1 && value !== 2 && value !== 4 && value !== 8) throw outOfRange(what, '1, 2, 4 or 8', value);
  return value;
};

/** The core checks the range of each, and its error names it. */
const int32 = integer(-0x80000000, 0x7fffffff);

export const encodeReaders = {
  quality: int32,
  progressive: boolean,
  optimize: boolean,
  restartInterval: int32,
  chromaSubsampling: oneOf('4:4:4', '4:2:2', '4:2:0', '4:4:0', '4:1:1'),
  compression: int32,
  strategy: oneOf('default', 'filtered', 'huffman', 'rle', 'fixed'),
  filter: oneOf('none', 'sub', 'up', 'average', 'paeth', 'fast', 'all'),
  lossless: boolean,
  channelOrder: oneOf('bgr', 'rgb'),
};

export const decodeReaders = {
  mode: oneOf('unchanged', 'color', 'grayscale'),
  ignoreOrientation: boolean,
  reduce: factor,
  formats,
  damaged: oneOf('refuse', 'keep'),
};

export const imageReaders = { ...decodeReaders, signal: abortSignal };

const writeReaders = { ...encodeReaders, format: fileFormat };

const atLeast1 = integer(1, Number.MAX_SAFE_INTEGER);
const limitReaders = { pixels: atLeast1, decodedBytes: atLeast1, decodeTime: milliseconds(1, 0x7fffffff) };
const limits: Reader<Read<typeof limitReaders>> = (value, what) => readObject(value, what, limitReaders);
export const readReaders = { ...imageReaders, limits };

/** Undefined when no option was given. */
export function encodeOptionsOf(given: NativeEncodeOptions): NativeEncodeOptions | undefined {
  for (const _ in given) return given;
  return undefined;
}

/** @throws TypeError, RangeError */
export function readEncodeOptions(options: unknown): NativeEncodeOptions | undefined {
  return options === undefined ? undefined : encodeOptionsOf(readObject(options, 'options', encodeReaders));
}

/** @throws TypeError, RangeError */
export function readWriteOptions(options: unknown): { format: string; encode: NativeEncodeOptions | undefined } {
  if (options === undefined) return { format: '', encode: undefined };
  const { format = '', ...encode } = readObject(options, 'options', writeReaders);
  return { format, encode: encodeOptionsOf(bare(encode)) };
}

/** @throws TypeError, RangeError */
export function readReadOptions(options: unknown): { decode: NativeDecodeOptions; signal: AbortSignal | undefined } {
  if (options === undefined) return { decode: bare({}), signal: undefined };
  const { limits: bounds, signal, ...decode } = readObject(options, 'options', readReaders);
  return { decode: bare({ ...decode, ...bounds }), signal };
}

/** @throws TypeError, RangeError */
export function readImageOptions(options: unknown): { decode: Decode; signal: AbortSignal | undefined } {
  if (options === undefined) return { decode: bare({}), signal: undefined };
  const { signal, ...decode } = readObject(options, 'options', imageReaders);
  return { decode: bare(decode), signal };
}

export function sameDecode(a: Decode, b: Decode): boolean {
  return (
    (a.mode ?? 'unchanged') === (b.mode ?? 'unchanged') &&
    (a.ignoreOrientation ?? false) === (b.ignoreOrientation ?? false) &&
    (a.reduce ?? 1) === (b.reduce ?? 1) &&
    (a.damaged ?? 'refuse') === (b.damaged ?? 'refuse') &&
    a.formats?.join() === b.formats?.join()
  );
}
