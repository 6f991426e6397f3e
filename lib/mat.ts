/** The matrix. */
import { outOfRange, wrongType } from './argument.js';
import { decode, encode, fromImage, read, write } from './codec.js';
import { type CvTypeName, channelsOf, depthBytes, elementsOf, type MatData, readType, typeName } from './cv-type.js';
import type { EncodeOptions, ImageFormat, ReadOptions, WriteOptions } from './image-options.js';
import {
  type ImageDataOutput,
  type Opencv4nodejs,
  type SharpInput,
  toImageData,
  toOpencv4nodejs,
  toSharp,
} from './image-sink.js';
import type { ImageSource } from './image-source.js';
import { checkIndex, checkPart, readSide, readStep, viewOf } from './mat-checks.js';

/** A part of a matrix, in pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What `Mat.from()` and `sendImage()` take for a matrix. */
export interface MatLike {
  readonly rows: number;
  readonly cols: number;
  /** OpenCV's number or name of the type. */
  readonly type: number | CvTypeName;
  /** The rows, `step` bytes apart. */
  readonly data: ArrayBufferView | ArrayBufferLike;
  /** Bytes from one row to the next. Default: as many as a row has. */
  readonly step?: number | undefined;
}

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
   */
  readonly data: MatData;

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
    this.rows = readSide(rows, 'rows');
    this.cols = readSide(cols, 'cols');
    this.type = readType(type);
    const rowBytes = this.cols * this.elemSize;
    this.step = step === undefined ? rowBytes : readStep(step, rowBytes, depthBytes(this.type));
    const needed = this.rows === 0 || rowBytes === 0 ? 0 : (this.rows - 1) * this.step + rowBytes;
    if (!Number.isSafeInteger(needed)) throw outOfRange('rows and cols', 'a matrix that fits memory', needed);
    this.data =
      data === undefined
        ? elementsOf(this.type, new ArrayBuffer(needed), 0, needed)
        : viewOf(data, this.type, needed, this.rows * this.step);
  }

  /**
   * A `Mat` over the memory of something that has the fields of one.
   * @throws TypeError, RangeError
   */
  static from(source: MatLike): Mat {
    if (source instanceof Mat) return source;
    if (typeof source !== 'object' || source === null || !('rows' in source && 'cols' in source && 'type' in source)) {
      throw wrongType('image', 'a Mat or an object with rows, cols, type and data', source);
    }
    const { rows, cols, type, data, step } = source;
    if (data === undefined) throw wrongType('image.data', 'a typed array', data);
    return new Mat(rows, cols, type, data, step);
  }

  /**
   * A `Mat` of anything that `sendImage()` takes, as BGR(A): RGB(A) is turned on a codec thread, the pixels of an
   * opencv4nodejs matrix are copied on one of its own. What needs neither is a view, as with `from()`.
   *
   * Rejects with `TypeError`, `RangeError`; `ImageError` `INVALID_MATRIX` when an opencv4nodejs matrix gives no pixels (a
   * region of another matrix does not).
   */
  static fromImage(image: ImageSource): Promise<Mat> {
    return fromImage(image);
  }

  /**
   * Decodes the bytes of a PNG, JPEG, WebP or BMP file, on a codec thread. They must not change meanwhile.
   *
   * Rejects with `ImageError` `NOT_AN_IMAGE`, `CANNOT_DECODE`, `LIMIT_EXCEEDED`; `TypeError`, `RangeError`; `MatmqError`
   * `ADDON_NOT_LOADED`.
   */
  static decode(bytes: Uint8Array, options?: ReadOptions): Promise<Mat> {
    return decode(bytes, options);
  }

  /**
   * Reads a PNG, JPEG, WebP or BMP file, told by its first bytes, and decodes it, on a codec thread.
   *
   * Rejects as `decode()`, and with `ImageError` `CANNOT_READ_FILE`, which names the path and the system's reason.
   */
  static read(path: string | URL, options?: ReadOptions): Promise<Mat> {
    return read(path, options);
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

  /** Whether the rows lie next to each other. */
  get isContinuous(): boolean {
    return this.rows <= 1 || this.step === this.cols * this.elemSize;
  }

  /**
   * The value of one channel of one pixel.
   * @throws RangeError outside the matrix
   */
  at(row: number, col: number, channel = 0): number {
    return this.data[this.#index(row, col, channel)] as number;
  }

  /**
   * Sets the value of one channel of one pixel; it is converted as the typed array does.
   * @throws RangeError outside the matrix
   */
  set(row: number, col: number, channel: number, value: number): void {
    this.data[this.#index(row, col, channel)] = value;
  }

  /**
   * The elements of one row, as a view.
   * @throws RangeError outside the matrix
   */
  row(row: number): MatData {
    checkIndex(row, this.rows, 'row');
    const begin = (row * this.step) / this.data.BYTES_PER_ELEMENT;
    return this.data.subarray(begin, begin + this.cols * this.channels);
  }

  /**
   * A part of the matrix, over the same memory.
   * @throws RangeError when it is not wholly inside
   */
  region(rect: Rect): Mat {
    if (typeof rect !== 'object' || rect === null) throw wrongType('rect', '{ x, y, width, height }', rect);
    const { x, y, width, height } = rect;
    checkPart(x, width, this.cols, 'x', 'width');
    checkPart(y, height, this.rows, 'y', 'height');
    const rowBytes = width * this.elemSize;
    const length = width === 0 || height === 0 ? 0 : (height - 1) * this.step + rowBytes;
    const begin = length === 0 ? 0 : y * this.step + x * this.elemSize;
    const part = new Uint8Array(this.data.buffer, this.data.byteOffset + begin, length);
    return new Mat(height, width, this.type, part, this.step);
  }

  /** A matrix of the same pixels in memory of its own, the rows next to each other. */
  clone(): Mat {
    const copy = new Mat(this.rows, this.cols, this.type);
    if (this.isContinuous) {
      copy.data.set(this.data.subarray(0, copy.data.length));
    } else {
      const length = this.cols * this.channels;
      for (let y = 0; y < this.rows; y++) copy.data.set(this.row(y), y * length);
    }
    return copy;
  }

  /**
   * The bytes of an image file of this matrix: what `cv::imencode` makes. Encoded on a codec thread; the pixels must not
   * change meanwhile.
   *
   * Rejects with `ImageError` `INVALID_MATRIX`, `UNKNOWN_FORMAT`, `CANNOT_ENCODE`; `TypeError`, `RangeError`; `MatmqError`
   * `ADDON_NOT_LOADED`.
   */
  encode(format: ImageFormat = '.png', options?: EncodeOptions): Promise<Uint8Array> {
    return encode(this, format, options);
  }

  /**
   * Encodes as `encode()` does and writes the file, on a codec thread: under a temporary name beside it, which becomes its
   * name when it is whole, so that nobody sees half a file. It is not synced to the disk.
   *
   * Rejects as `encode()`, and with `ImageError` `CANNOT_WRITE_FILE`, which names the path and the system's reason.
   */
  write(path: string | URL, options?: WriteOptions): Promise<void> {
    return write(this, path, options);
  }

  /**
   * A matrix of `@u4/opencv4nodejs`, with memory of its own: `await mat.toOpencv4nodejs(cv)`, where `cv` is that module. The
   * pixels are copied on one of its threads and must not change meanwhile.
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

  #index(row: number, col: number, channel: number): number {
    checkIndex(row, this.rows, 'row');
    checkIndex(col, this.cols, 'col');
    checkIndex(channel, this.channels, 'channel');
    return (row * this.step) / this.data.BYTES_PER_ELEMENT + col * this.channels + channel;
  }
}
