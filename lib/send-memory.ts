/**
 * The memory of what is sent, made safe for native threads to read. They read plain, fixed buffers where they lie.
 * Memory that another thread may write (SharedArrayBuffer) or that may shrink (resizable) is copied; detached memory is
 * refused.
 */
import { types } from 'node:util';
import { wrongType } from './argument.js';
import { readType } from './cv-type.js';
import { ATTACHED, DETACHED, isDetached } from './detached.js';
import { ImageError } from './errors.js';
import { Mat } from './mat.js';
import { layoutOf, viewOf } from './mat-checks.js';

/** What an array and a buffer really are, whatever a subclass or a property of their own says. */
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOf = getter(typedArray, 'buffer');
const byteOffsetOf = getter(typedArray, 'byteOffset');
const byteLengthOf = getter(typedArray, 'byteLength');
const resizableOf = getter(ArrayBuffer.prototype, 'resizable');

function getter(prototype: object, name: string): (target: object) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (target) => get?.call(target);
}

/** @throws TypeError for what is no Uint8Array, or a detached one */
export function bytesToSend(bytes: unknown, what: string, expected: string, advice?: string): Uint8Array {
  if (!types.isUint8Array(bytes)) throw wrongType(what, expected, bytes, advice);
  return steady(bytes, what);
}

/** The number of its bytes. */
export function sizeOf(bytes: Uint8Array): number {
  return byteLengthOf(bytes) as number;
}

/** Bytes of any kind: not what an image is, but perhaps the file of one. */
export function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/** A matrix as the addon takes it. */
export interface MatToSend {
  readonly rows: number;
  readonly cols: number;
  readonly type: number;
  readonly step: number;
  readonly data: Uint8Array;
}

/**
 * @throws TypeError, RangeError for what is no matrix, or one whose memory is detached
 * @throws ImageError INVALID_MATRIX for an empty one
 */
export function matToSend(image: Mat): MatToSend {
  // Made anew: the fields of a Mat are read-only to TypeScript alone, and native code trusts them with memory.
  const { rows, cols, step, data } = image;
  const type = readType(image.type);
  if (rows === 0 || cols === 0) {
    throw new ImageError(
      'INVALID_MATRIX',
      `cannot send an empty matrix (${String(rows)} rows, ${String(cols)} columns)`,
    );
  }
  const { buffer, byteOffset, byteLength } = viewOf(data, layoutOf(rows, cols, type, step));
  return { rows, cols, type, step, data: steady(new Uint8Array(buffer, byteOffset, byteLength), 'image.data') };
}

/**
 * Moves the memory of `bytes` into a buffer that nobody else has: the program's is detached, and all views of it empty.
 * @throws TypeError for memory that cannot be moved: shared, WebAssembly's, or lent by native code or Node's pool
 */
export function takeOver(bytes: Uint8Array, what = 'body'): Uint8Array {
  const [byteOffset, byteLength] = [byteOffsetOf(bytes) as number, sizeOf(bytes)];
  return new Uint8Array(moved(bufferOf(bytes) as ArrayBufferLike, bytes, what), byteOffset, byteLength);
}

/** The same for the pixels of a matrix. */
export function takeOverMat({ rows, cols, type, step, data }: Mat): Mat {
  const { buffer, byteOffset, byteLength } = data;
  const bytes = new Uint8Array(moved(buffer, data, 'image.data'), byteOffset, byteLength);
  return new Mat(rows, cols, type, bytes, step);
}

function moved(buffer: ArrayBufferLike, view: ArrayBufferView, what: string): ArrayBuffer {
  if (isDetached(buffer)) throw wrongType(what, ATTACHED, view, DETACHED);
  const expected = 'an ArrayBuffer that can be transferred (or none, or `copy` instead of `transfer`)';
  if (types.isSharedArrayBuffer(buffer)) throw wrongType(what, expected, buffer);
  let taken: ArrayBuffer | undefined;
  try {
    taken = structuredClone(buffer, { transfer: [buffer] });
  } catch {
    // said below
  }
  // Node 20 copies what must not be transferred, and says nothing.
  if (taken === undefined || buffer.byteLength !== 0) throw wrongType(what, expected, view);
  return taken;
}

function steady(bytes: Uint8Array, what: string): Uint8Array {
  const buffer = bufferOf(bytes) as ArrayBufferLike;
  if (sizeOf(bytes) === 0 && isDetached(buffer)) throw wrongType(what, ATTACHED, bytes, DETACHED);
  const isSteady = !types.isSharedArrayBuffer(buffer) && resizableOf(buffer) !== true;
  return isSteady ? bytes : new Uint8Array(bytes);
}
