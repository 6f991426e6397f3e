/** OpenCV's matrix types: a depth and a number of channels in one number. */
import { outOfRange, wrongType } from '../base/argument.js';

/** The typed array of a matrix's elements. */
export type MatData = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Number of bits and kind of one element. */
export type DepthName = '8U' | '8S' | '16U' | '16S' | '32S' | '32F' | '64F';

/** The name of a type, such as `CV_8UC3`; OpenCV writes more than four channels as `CV_8UC(7)`. */
export type CvTypeName = `CV_${DepthName}C${number}` | `CV_${DepthName}C(${number})`;

interface Depth {
  readonly name: DepthName;
  readonly bytes: number;
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => MatData;
}

/** By OpenCV's number of the depth. 7 is `CV_16F`, for which there is no typed array. */
const depths: readonly Depth[] = [
  { name: '8U', bytes: 1, array: Uint8Array },
  { name: '8S', bytes: 1, array: Int8Array },
  { name: '16U', bytes: 2, array: Uint16Array },
  { name: '16S', bytes: 2, array: Int16Array },
  { name: '32S', bytes: 4, array: Int32Array },
  { name: '32F', bytes: 4, array: Float32Array },
  { name: '64F', bytes: 8, array: Float64Array },
];

const MAX_CHANNELS = 512;
const EXPECTED = 'an OpenCV type of depth 8U, 8S, 16U, 16S, 32S, 32F or 64F and 1 to 512 channels, such as CV_8UC3,';

export const CV_8U = 0;
export const CV_8S = 1;
export const CV_16U = 2;
export const CV_16S = 3;
export const CV_32S = 4;
export const CV_32F = 5;
export const CV_64F = 6;

export const CV_8UC1 = makeType(CV_8U, 1);
export const CV_8UC2 = makeType(CV_8U, 2);
export const CV_8UC3 = makeType(CV_8U, 3);
export const CV_8UC4 = makeType(CV_8U, 4);
export const CV_8SC1 = makeType(CV_8S, 1);
export const CV_8SC2 = makeType(CV_8S, 2);
export const CV_8SC3 = makeType(CV_8S, 3);
export const CV_8SC4 = makeType(CV_8S, 4);
export const CV_16UC1 = makeType(CV_16U, 1);
export const CV_16UC2 = makeType(CV_16U, 2);
export const CV_16UC3 = makeType(CV_16U, 3);
export const CV_16UC4 = makeType(CV_16U, 4);
export const CV_16SC1 = makeType(CV_16S, 1);
export const CV_16SC2 = makeType(CV_16S, 2);
export const CV_16SC3 = makeType(CV_16S, 3);
export const CV_16SC4 = makeType(CV_16S, 4);
export const CV_32SC1 = makeType(CV_32S, 1);
export const CV_32SC2 = makeType(CV_32S, 2);
export const CV_32SC3 = makeType(CV_32S, 3);
export const CV_32SC4 = makeType(CV_32S, 4);
export const CV_32FC1 = makeType(CV_32F, 1);
export const CV_32FC2 = makeType(CV_32F, 2);
export const CV_32FC3 = makeType(CV_32F, 3);
export const CV_32FC4 = makeType(CV_32F, 4);
export const CV_64FC1 = makeType(CV_64F, 1);
export const CV_64FC2 = makeType(CV_64F, 2);
export const CV_64FC3 = makeType(CV_64F, 3);
export const CV_64FC4 = makeType(CV_64F, 4);

/**
 * The type of a depth and a number of channels, as OpenCV's `CV_MAKETYPE`: `makeType(CV_32F, 7)`.
 * @throws TypeError, RangeError
 */
export function makeType(depth: number, channels: number): number {
  if (typeof depth !== 'number') throw wrongType('depth', 'a depth such as CV_8U', depth);
  if (depths[depth] === undefined)
    throw outOfRange('depth', 'CV_8U, CV_8S, CV_16U, CV_16S, CV_32S, CV_32F or CV_64F', depth);
  if (typeof channels !== 'number') throw wrongType('channels', `an integer from 1 to ${MAX_CHANNELS}`, channels);
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
    throw outOfRange('channels', `an integer from 1 to ${MAX_CHANNELS}`, channels);
  }
  return depth + (channels - 1) * 8;
}

/**
 * The name of a type: `CV_8UC3`, and `CV_8UC(7)` above four channels, as OpenCV has it.
 * @throws TypeError, RangeError
 */
export function typeName(type: number): CvTypeName {
  const number = readType(type);
  const channels = channelsOf(number);
  const { name } = depthOf(number);
  return channels > 4 ? `CV_${name}C(${channels})` : `CV_${name}C${channels}`;
}

/** Reads a type given by number or name. @throws TypeError, RangeError */
export function readType(type: unknown): number {
  if (typeof type === 'number') {
    if (!Number.isInteger(type) || type < 0 || type >= MAX_CHANNELS * 8 || depths[type % 8] === undefined) {
      throw outOfRange('type', EXPECTED, type);
    }
    return type;
  }
  if (typeof type !== 'string') throw wrongType('type', EXPECTED, type);
  const [, name, bare, bracketed] = /^CV_(\d{1,2}[USF])C(?:(\d{1,3})|\((\d{1,3})\))$/.exec(type) ?? [];
  const depth = depths.findIndex((candidate) => candidate.name === name);
  const channels = Number(bare ?? bracketed);
  if (depth < 0 || channels < 1 || channels > MAX_CHANNELS) throw outOfRange('type', EXPECTED, type);
  return makeType(depth, channels);
}

export function channelsOf(type: number): number {
  return (type >> 3) + 1;
}

/** Bytes of one channel of one pixel. */
export function depthBytes(type: number): number {
  return depthOf(type).bytes;
}

/** A view of `byteLength` bytes as the elements of `type`. */
export function elementsOf(type: number, buffer: ArrayBufferLike, byteOffset: number, byteLength: number): MatData {
  const { array: ElementArray, bytes } = depthOf(type);
  return new ElementArray(buffer, byteOffset, byteLength / bytes);
}

function depthOf(type: number): Depth {
  const depth = depths[type & 7];
  if (depth === undefined) throw outOfRange('type', EXPECTED, type);
  return depth;
}
