/** The matrix. */
import { inspect } from 'node:util';
import { readable, wrongReceiver, wrongType } from '../base/argument.js';
import { type DecodedFields, decode, encode, fromImage, read, write } from './codec.js';
import { type CvTypeName, channelsOf, depthBytes, type MatData, typeName } from './cv-type.js';
import type { ImageFormat } from './formats.js';
import { checkIndex, checkPart } from './layout.js';
import { checkPresent, type MatFields, type MatLike, matFields, PIXELS, pixelsIn, readMatLike } from './mat-fields.js';
import type { EncodeOptions, ReadOptions, WriteOptions } from './options.js';
import {
  type ImageDataOutput,
  type Opencv4nodejs,
  type SharpInput,
  toImageData,
  toOpencv4nodejs,
  toSharp,
} from './sinks.js';
import type { ImageSource } from './sources.js';

/** A part of a matrix, in pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a `Mat` keeps that it is damaged: a symbol, as for its pixels. */
const DAMAGED = Symbol('damaged');

/** The pixels of `mat`, for its method; also when their memory is gone. */
function pixelsIfAny(mat: unknown, method: string): MatData {
  const pixels = pixelsIn(mat);
  if (pixels === undefined) throw wrongReceiver(method, 'Mat', mat);
  return pixels;
}

/** @throws MatmqError `RELEASED` when there were pixels and their memory is gone */
function pixelsOf(mat: Mat, method: string): MatData {
  const pixels = pixelsIfAny(mat, method);
  checkPresent(pixels, mat.rows, mat.cols);
  return pixels;
}

/** An own property, as what is plain to see is copied: by `postMessage(mat)`, by `{ ...mat }`. */
const DATA = {
  enumerable: true,
  get(this: Mat): MatData {
    return pixelsOf(this, 'data');
  },
};

/**
 * A matrix as OpenCV has it: `rows` times `cols` pixels of `channels` elements each; colour images are BGR or BGRA.
 * It holds its pixels as a view, never as a copy: of the array it was made from, or of memory of its own.
 */
export class Mat {
  readonly rows: number;
  readonly cols: number;
  /** OpenCV's number of the type, such as `CV_8UC3`. */
  readonly type: number;
  /** Bytes from the beginning of one row to the beginning of the next. */
  readonly step: number;
  /**
   * The elements, in the typed array of the depth: from the first row's first to the last row's last, what lies between
   * the rows included. Row `y` begins at `y * step / data.BYTES_PER_ELEMENT`.
   *
   * It, and everything that needs the pixels, throws (or rejects with) `MatmqError` `RELEASED` once their memory is
   * gone: with the message of a raw image that was released, by `transfer`, by `postMessage`.
   */
  declare readonly data: MatData;
  /** @internal Set only where it is true: a plain matrix has no such property. */
  declare readonly [DAMAGED]?: true;
  /** @internal */
  readonly [PIXELS]: MatData;

  /**
   * @param rows 0 to 2147483647
   * @param cols 0 to 2147483647
   * @param type `CV_8UC3` (the constant) or `'CV_8UC3'` (its name); seven depths, 1 to 512 channels
   * @param data the rows, `step` bytes apart: any view or buffer of fitting size that begins at a multiple of the
   * element's size. It is not copied. Default: new memory, all zero
   * @param step bytes from one row to the next, a multiple of the element's size. Default: as many as a row has
   * @throws TypeError, RangeError
   */
  constructor(
    rows: number,
    cols: number,
    type: number | CvTypeName,
    data?: ArrayBufferView | ArrayBufferLike,
    step?: number,
  ) {
    const fields = matFields(rows, cols, type, data, step);
    this.rows = fields.rows;
    this.cols = fields.cols;
    this.type = fields.type;
    this.step = fields.step;
    this[PIXELS] = fields.data;
    Object.defineProperty(this, 'data', DATA);
  }

  /**
   * A `Mat` over the memory of something that has the fields of one.
   * @throws TypeError, RangeError
   */
  static from(source: MatLike): Mat {
    if (isMat(source)) {
      pixelsOf(source, 'from');
      return source;
    }
    return matOf(readMatLike(source));
  }

  /**
   * A `Mat` of anything that `sendImage()` takes, as BGR(A): RGB(A) is turned on a codec thread, the pixels of an
   * opencv4nodejs matrix are copied on one of its own. What needs neither is a view, as with `from()`.
   *
   * Rejects with `TypeError`, `RangeError`; `ImageError` `INVALID_MATRIX` when an opencv4nodejs matrix gives no pixels
   * (a region of another matrix does not).
   */
  static async fromImage(image: ImageSource): Promise<Mat> {
    return matOf(await fromImage(image));
  }

  /**
   * Decodes the bytes of a PNG, JPEG, WebP or BMP file, on a codec thread. They must not change meanwhile.
   *
   * Rejects with `ImageError` `NOT_AN_IMAGE`, `CANNOT_DECODE`, `LIMIT_EXCEEDED`; `TypeError`, `RangeError`;
   * `MatmqError` `ADDON_NOT_LOADED`.
   */
  static async decode(bytes: Uint8Array, options?: ReadOptions): Promise<Mat> {
    return decodedMat(await decode(bytes, options));
  }

  /**
   * Reads a PNG, JPEG, WebP or BMP file, told by its first bytes, and decodes it, on a codec thread.
   *
   * Rejects as `decode()`, and with `ImageError` `CANNOT_READ_FILE`, which names the path and the system's reason.
   */
  static async read(path: string | URL, options?: ReadOptions): Promise<Mat> {
    return decodedMat(await read(path, options));
  }

  /** The name of the type, such as `CV_8UC3`. */
  get typeName(): CvTypeName {
    return typeName(this.type);
  }

  /** OpenCV's number of the depth, such as `CV_8U`. */
  get depth(): number {
    return this.type & 7;
  }

  get channels(): number {
    return channelsOf(this.type);
  }

  /** Bytes of one pixel. */
  get elemSize(): number {
    return this.channels * depthBytes(this.type);
  }

  /** Whether it has no pixels. Such a matrix cannot be sent. */
  get empty(): boolean {
    return this.rows === 0 || this.cols === 0;
  }

  /** Whether it was decoded of a damaged image, with `damaged: 'keep'`, and pixels are missing: those are gray. */
  get damaged(): boolean {
    return this[DAMAGED] === true;
  }

  /** Whether the rows lie next to each other. */
  get isContinuous(): boolean {
    return this.rows <= 1 || this.step === this.cols * this.elemSize;
  }

  /**
   * The value of one channel of one pixel.
   * @throws RangeError outside the matrix
   */
  at(row: number, col: number, channel = 0): number {
    return pixelsOf(this, 'at')[indexOf(this, row, col, channel)] as number;
  }

  /**
   * Sets the value of one channel of one pixel; it is converted as the typed array does.
   * @throws RangeError outside the matrix
   */
  set(row: number, col: number, channel: number, value: number): void {
    pixelsOf(this, 'set')[indexOf(this, row, col, channel)] = value;
  }

  /**
   * The elements of one row, as a view.
   * @throws RangeError outside the matrix
   */
  row(row: number): MatData {
    const pixels = pixelsOf(this, 'row');
    checkIndex(row, this.rows, 'row');
    const begin = (row * this.step) / pixels.BYTES_PER_ELEMENT;
    return pixels.subarray(begin, begin + this.cols * this.channels);
  }

  /**
   * A part of the matrix, over the same memory.
   * @throws RangeError when it is not wholly inside
   */
  region(rect: Rect): Mat {
    const pixels = pixelsOf(this, 'region');
    if (typeof rect !== 'object' || rect === null) throw wrongType('rect', '{ x, y, width, height }', rect);
    const { x, y, width, height } = rect;
    checkPart(x, width, this.cols, 'x', 'width');
    checkPart(y, height, this.rows, 'y', 'height');
    const rowBytes = width * this.elemSize;
    const length = width === 0 || height === 0 ? 0 : (height - 1) * this.step + rowBytes;
    const begin = length === 0 ? 0 : y * this.step + x * this.elemSize;
    const part = new Uint8Array(pixels.buffer, pixels.byteOffset + begin, length);
    return markedAs(this, new Mat(height, width, this.type, part, this.step));
  }

  /** A matrix of the same pixels in memory of its own, the rows next to each other. */
  clone(): Mat {
    const pixels = pixelsOf(this, 'clone');
    const copy = new Mat(this.rows, this.cols, this.type);
    const target = copy[PIXELS];
    if (this.isContinuous) {
      target.set(pixels.subarray(0, target.length));
    } else {
      const length = this.cols * this.channels;
      for (let y = 0; y < this.rows; y++) target.set(this.row(y), y * length);
    }
    return markedAs(this, copy);
  }

  /**
   * The bytes of an image file of this matrix: what `cv::imencode` makes. Encoded on a codec thread; the pixels must
   * not change meanwhile.
   *
   * Rejects with `ImageError` `INVALID_MATRIX`, `UNKNOWN_FORMAT`, `CANNOT_ENCODE`; `TypeError`, `RangeError`;
   * `MatmqError` `ADDON_NOT_LOADED`.
   */
  encode(format: ImageFormat = '.png', options?: EncodeOptions): Promise<Uint8Array> {
    return encode(this, format, options);
  }

  /**
   * Encodes as `encode()` does and writes the file, on a codec thread: under a temporary name beside it, which becomes
   * its name when it is whole, so that nobody sees half a file. It is not synced to the disk.
   *
   * Rejects as `encode()`, and with `ImageError` `CANNOT_WRITE_FILE`, which names the path and the system's reason.
   */
  write(path: string | URL, options?: WriteOptions): Promise<void> {
    return write(this, path, options);
  }

  /**
   * A matrix of `@u4/opencv4nodejs`, with memory of its own: `await mat.toOpencv4nodejs(cv)`, where `cv` is that
   * module. The pixels are copied on one of its threads and must not change meanwhile.
   */
  toOpencv4nodejs<M>(cv: Opencv4nodejs<M>): Promise<M> {
    return toOpencv4nodejs(this, cv);
  }

  /**
   * A copy for sharp, in its order of channels (RGB): `sharp(data, { raw: info })`. Made on a codec thread.
   *
   * Rejects with `ImageError` `CANNOT_ENCODE` for more than 4 channels.
   */
  toSharp(): Promise<SharpInput> {
    return toSharp(this);
  }

  /**
   * A copy as 8-bit RGBA, as canvases want it, made on a codec thread. Gray becomes RGB; without an alpha channel it is
   * opaque.
   *
   * Rejects with `ImageError` `CANNOT_ENCODE` unless it is `CV_8UC1`, `CV_8UC3` or `CV_8UC4`.
   */
  toImageData(): Promise<ImageDataOutput> {
    return toImageData(this);
  }

  /** What `console.log` shows, also of one whose memory is gone. */
  [inspect.custom](): object {
    const { rows, cols, typeName, step, damaged } = this;
    return { rows, cols, type: typeName, step, ...(damaged && { damaged }), data: pixelsIfAny(this, 'inspect') };
  }
}

function indexOf({ rows, cols, type, step, channels }: Mat, row: number, col: number, channel: number): number {
  checkIndex(row, rows, 'row');
  checkIndex(col, cols, 'col');
  checkIndex(channel, channels, 'channel');
  return (row * step) / depthBytes(type) + col * channels + channel;
}

function matOf(fields: MatFields): Mat {
  if (fields instanceof Mat) return fields;
  const { rows, cols, type, step, data } = fields;
  return new Mat(rows, cols, type, data, step);
}

function decodedMat(fields: DecodedFields): Mat {
  const mat = matOf(fields);
  if (fields.damaged) markDamaged(mat);
  return mat;
}

/** `copy`, damaged if `mat` is. */
function markedAs(mat: Mat, copy: Mat): Mat {
  if (mat.damaged) markDamaged(copy);
  return copy;
}

/** Of a matrix that nobody has yet. */
export function markDamaged(mat: Mat): void {
  Object.defineProperty(mat, DAMAGED, { value: true });
}

/** Read with care, because a proxy may throw. */
function isMat(value: unknown): value is Mat {
  return readable('an image', () => value instanceof Mat);
}

/** For `ReceivedImage.release()`. */
export function pixelsToRelease(mat: Mat): MatData {
  return pixelsIfAny(mat, 'release');
}
