/** Where the pixels of a matrix lie in memory, checked. */
import { types } from 'node:util';
import { outOfRange, wrongType } from '../base/argument.js';
import { ATTACHED, DETACHED, isDetached } from '../base/memory.js';
import { channelsOf, depthBytes, elementsOf, type MatData, typeName } from './cv-type.js';

const MAX_SIDE = 0x7fffffff;

/** Where the pixels of a matrix lie. */
export interface Layout {
  readonly rows: number;
  readonly cols: number;
  readonly type: number;
  readonly step: number;
  /** From the first row's first byte to the last row's last. */
  readonly bytes: number;
}

/** `type` is valid. @throws TypeError, RangeError */
export function layoutOf(rows: unknown, cols: unknown, type: number, step: unknown): Layout {
  const height = readSide(rows, 'rows');
  const width = readSide(cols, 'cols');
  const elementBytes = depthBytes(type);
  const rowBytes = width * channelsOf(type) * elementBytes;
  const pitch = step === undefined ? rowBytes : readStep(step, rowBytes, elementBytes);
  const bytes = height === 0 || rowBytes === 0 ? 0 : (height - 1) * pitch + rowBytes;
  if (!Number.isSafeInteger(bytes)) throw outOfRange('rows and cols', 'a matrix that fits memory', bytes);
  return { rows: height, cols: width, type, step: pitch, bytes };
}

/** `data` as the elements of a matrix. @throws TypeError, RangeError */
export function viewOf(data: unknown, { rows, type, step, bytes: needed }: Layout): MatData {
  const [buffer, offset, length] = memoryOf(data);
  const elementBytes = depthBytes(type);
  const most = Math.max(needed, rows * step);
  if (length === 0 && needed > 0 && isDetached(buffer)) throw wrongType('data', ATTACHED, data, DETACHED);
  if (length < needed || length > most) {
    const sizes = most === needed ? `${needed} bytes` : `${needed} to ${most} bytes`;
    throw outOfRange('data', `${sizes} (rows, cols, type and step say so)`, length, otherArray(data, type));
  }
  if (offset % elementBytes !== 0) {
    const where = `a multiple of ${elementBytes} bytes in its ArrayBuffer`;
    const expected = `memory that begins at ${where} (slice() makes such a copy)`;
    throw outOfRange('data', expected, offset);
  }
  return elementsOf(type, buffer, offset, needed);
}

/** Says which array is meant, where elements of another one were given. */
function otherArray(data: unknown, type: number): string | undefined {
  const { name } = elementsOf(type, new ArrayBuffer(0), 0, 0).constructor;
  if (!ArrayBuffer.isView(data) || types.isUint8Array(data) || data.constructor.name === name) return undefined;
  return `it is a ${data.constructor.name}; a matrix of type ${typeName(type)} has a ${name}`;
}

function memoryOf(data: unknown): [ArrayBufferLike, number, number] {
  if (ArrayBuffer.isView(data)) return [data.buffer, data.byteOffset, data.byteLength];
  if (types.isAnyArrayBuffer(data)) return [data, 0, data.byteLength];
  const advice = Array.isArray(data) ? 'Uint8Array.from(), Float32Array.from(), ... make one of an array' : undefined;
  throw wrongType('data', 'a typed array, DataView or ArrayBuffer', data, advice);
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

export function checkIndex(value: unknown, end: number, what: string): void {
  const expected = `an integer from 0 to ${end - 1}`;
  if (typeof value !== 'number') throw wrongType(what, expected, value);
  if (!Number.isInteger(value) || value < 0 || value >= end) throw outOfRange(what, expected, value);
}

export function checkPart(begin: unknown, length: unknown, end: number, beginName: string, lengthName: string): void {
  const expected = (last: number) => `an integer from 0 to ${last}`;
  if (typeof begin !== 'number') throw wrongType(beginName, expected(end), begin);
  if (!Number.isInteger(begin) || begin < 0 || begin > end) throw outOfRange(beginName, expected(end), begin);
  if (typeof length !== 'number') throw wrongType(lengthName, expected(end - begin), length);
  if (!Number.isInteger(length) || length < 0 || length > end - begin) {
    throw outOfRange(lengthName, expected(end - begin), length);
  }
}
