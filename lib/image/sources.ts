/** What is accepted for an image, recognised by its shape, and how it becomes the fields of a matrix. */
import { types } from 'node:util';
import { outOfRange, readable, wrongType } from '../base/argument.js';
import { ImageError } from '../base/errors.js';
import { isBytes } from '../base/memory.js';
import { depthBytes, makeType, readType } from './cv-type.js';
import { checkPresent, type MatFields, type MatLike, matFields, pixelsIn, readMatLike } from './mat-fields.js';

/** A matrix of `@u4/opencv4nodejs`. Its pixels are copied on a thread of that package, when it is sent. */
export interface Opencv4nodejsMat {
  readonly rows: number;
  readonly cols: number;
  readonly type: number;
  getDataAsync(): Promise<Uint8Array>;
}

/** What sharp's `raw().toBuffer({ resolveWithObject: true })` resolves to: gray, gray with alpha, RGB or RGBA. */
export interface SharpRaw {
  readonly data: ArrayBufferView;
  readonly info: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    /** libvips' name of the element, such as `'uchar'`. Default: by the number of bytes, unsigned. */
    readonly depth?: string | undefined;
  };
}

/** An `ImageData` of a browser or of a canvas package: 8-bit RGBA. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** What is accepted for an image: a `Mat` and every other form. */
export type ImageSource = MatLike | Opencv4nodejsMat | SharpRaw | ImageDataLike;

/** A source's pixels, and the order of its colours. */
export interface SourceMat {
  /** The program's own `Mat`, if it gave one. */
  readonly mat: MatFields;
  readonly channelOrder: 'bgr' | 'rgb';
}

/** libvips' bands with OpenCV's depths; `uint`, `complex` and `dpcomplex` have none. */
const sharpDepths: Readonly<Record<string, number>> = {
  uchar: 0,
  char: 1,
  ushort: 2,
  short: 3,
  int: 4,
  float: 5,
  double: 6,
};

/**
 * Reads a source. Only opencv4nodejs' matrices take time: a copy of their pixels is asked for at once.
 * @throws TypeError, RangeError for what is no image
 */
export function readSource(image: unknown): SourceMat | Promise<SourceMat> {
  return readable('an image', () => (isMat(image) ? { mat: image, channelOrder: 'bgr' } : readOther(image)));
}

/** @throws MatmqError `RELEASED` for a `Mat` whose memory is gone */
function isMat(image: unknown): image is MatFields {
  const pixels = pixelsIn(image);
  if (pixels === undefined) return false;
  const { rows, cols } = image as MatFields;
  checkPresent(pixels, rows, cols);
  // Not so in an object that was made of a Mat's properties and other ones.
  return (image as MatFields).data === pixels;
}

function readOther(image: unknown): SourceMat | Promise<SourceMat> {
  if (typeof image !== 'object' || image === null || isBytes(image)) throw noImage(image);
  if ('getDataAsync' in image && typeof image.getDataAsync === 'function') {
    return fromOpencv4nodejs(image as Opencv4nodejsMat);
  }
  if ('info' in image && 'data' in image) return fromSharp(image as SharpRaw);
  if ('width' in image && 'height' in image && 'data' in image) return fromImageData(image as ImageDataLike);
  if (!('rows' in image && 'cols' in image)) throw noImage(image);
  return { mat: readMatLike(image), channelOrder: 'bgr' };
}

/** A pipeline of sharp, which has no pixels yet. */
function isSharp(image: unknown): boolean {
  return (
    typeof image === 'object' &&
    image !== null &&
    ['raw', 'toBuffer', 'metadata'].every((method) => typeof Reflect.get(image, method) === 'function')
  );
}

function noImage(image: unknown): Error {
  const expected =
    'a Mat or an object with the fields of a matrix, an opencv4nodejs matrix, raw output of sharp or an ImageData';
  const file = 'send() sends the bytes of an image file as they are, Mat.decode() decodes them';
  const path = 'Mat.read() reads an image file';
  const sharp = 'await sharp.raw().toBuffer({ resolveWithObject: true }) gives its pixels';
  const advice = isBytes(image) ? file : typeof image === 'string' ? path : isSharp(image) ? sharp : undefined;
  return wrongType('image', expected, image, advice);
}

async function fromOpencv4nodejs(image: Opencv4nodejsMat): Promise<SourceMat> {
  const { rows, cols, type } = readable('an image', () => {
    const { rows, cols, type } = image;
    return { rows, cols, type: readType(type) };
  });
  let data: Uint8Array;
  try {
    data = await image.getDataAsync();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError('INVALID_MATRIX', `the opencv4nodejs matrix gives no pixels: ${reason}`, undefined, { cause });
  }
  return { mat: matFields(rows, cols, type, aligned(data, type)), channelOrder: 'bgr' };
}

function fromSharp({ data, info }: SharpRaw): SourceMat {
  if (!ArrayBuffer.isView(data)) throw wrongType('image.data', "the pixels of sharp's raw()", data);
  if (typeof info !== 'object' || info === null) throw wrongType('image.info', "sharp's info", info);
  const { width, height, channels } = info;
  const type = makeType(sharpDepth(data, info), channels);
  const mat = matFields(height, width, type, aligned(data, type));
  return { mat, channelOrder: channels === 3 || channels === 4 ? 'rgb' : 'bgr' };
}

function sharpDepth(data: ArrayBufferView, { width, height, channels, depth }: SharpRaw['info']): number {
  const names = Object.keys(sharpDepths).join(', ');
  if (depth !== undefined) {
    const known = Object.hasOwn(sharpDepths, depth) ? sharpDepths[depth] : undefined;
    if (known === undefined) throw outOfRange('image.info.depth', `one of ${names}`, depth);
    return known;
  }
  const bytes = data.byteLength / (width * height * channels);
  if (bytes === 1) return 0;
  if (bytes === 2) return 2;
  const expected = `width * height * channels elements of 1 or 2 bytes, or info.depth (${names}) beside it,`;
  throw outOfRange('image.data', expected, data.byteLength);
}

function fromImageData({ width, height, data }: ImageDataLike): SourceMat {
  if (!types.isUint8ClampedArray(data)) throw wrongType('image.data', "an ImageData's Uint8ClampedArray", data);
  return { mat: matFields(height, width, makeType(0, 4), data), channelOrder: 'rgb' };
}

/** The same memory, or a copy where elements of this type cannot begin. (Node cuts small buffers from a pool.) */
function aligned(data: ArrayBufferView, type: number): ArrayBufferView {
  if (data.byteOffset % depthBytes(type) === 0) return data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}
