/** The matrix. */
import { outOfRange, wrongType } from './argument.js';
import { type CvTypeName, channelsOf, depthBytes, elementsOf, type MatData, readType, typeName } from './cv-type.js';

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

const MAX_SIDE = 0x7fffffff;

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

  #index(row: number, col: number, channel: number): number {
    checkIndex(row, this.rows, 'row');
    checkIndex(col, this.cols, 'col');
    checkIndex(channel, this.channels, 'channel');
    return (row * this.step) / this.data.BYTES_PER_ELEMENT + col * this.channels + channel;
  }
}

function viewOf(data: unknown, type: number, needed: number, padded: number): MatData {
  const [buffer, offset, length] = memoryOf(data);
  const elementBytes = depthBytes(type);
  const most = Math.max(needed, padded);
  if (length < needed || length > most) {
    const sizes = most === needed ? `${needed} bytes` : `${needed} to ${most} bytes`;
    throw outOfRange('data', `${sizes} (rows, cols, type and step say so)`, length);
  }
  if (offset % elementBytes !== 0) {
    const expected = `memory that begins at a multiple of ${elementBytes} bytes in its ArrayBuffer (slice() makes such a copy)`;
    throw outOfRange('data', expected, offset);
  }
  return elementsOf(type, buffer, offset, needed);
}

function memoryOf(data: unknown): [ArrayBufferLike, number, number] {
  if (ArrayBuffer.isView(data)) return [data.buffer, data.byteOffset, data.byteLength];
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return [data, 0, data.byteLength];
  throw wrongType('data', 'a typed array, DataView or ArrayBuffer', data);
}

function readSide(value: unknown, what: string): number {
  const expected = `an integer from 0 to ${MAX_SIDE}`;
  if (typeof value !== 'number') throw wrongType(what, expected, value);
  if (!Number.isInteger(value) || value < 0 || value > MAX_SIDE) throw outOfRange(what, expected, value);
  return value;
}

function readStep(value: unknown, rowBytes: number, elementBytes: number): number {
  const expected = `a multiple of ${elementBytes} that is at least ${rowBytes} (bytes of a row)`;
  if (typeof value !== 'number') throw wrongType('step', expected, value);
  if (!Number.isSafeInteger(value) || value < rowBytes || value % elementBytes !== 0) {
    throw outOfRange('step', expected, value);
  }
  return value;
}

function checkIndex(value: unknown, end: number, what: string): void {
  const expected = `an integer from 0 to ${end - 1}`;
  if (typeof value !== 'number') throw wrongType(what, expected, value);
  if (!Number.isInteger(value) || value < 0 || value >= end) throw outOfRange(what, expected, value);
}

function checkPart(begin: unknown, length: unknown, end: number, beginName: string, lengthName: string): void {
  const expected = (last: number) => `an integer from 0 to ${last}`;
  if (typeof begin !== 'number') throw wrongType(beginName, expected(end), begin);
  if (!Number.isInteger(begin) || begin < 0 || begin > end) throw outOfRange(beginName, expected(end), begin);
  if (typeof length !== 'number') throw wrongType(lengthName, expected(end - begin), length);
  if (!Number.isInteger(length) || length < 0 || length > end - begin) {
    throw outOfRange(lengthName, expected(end - begin), length);
  }
}
