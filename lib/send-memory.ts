/**
 * The memory of what is sent, made safe for native threads to read. They read plain, fixed buffers where they lie.
 * Memory that another thread may write (SharedArrayBuffer) or that may shrink (resizable) is copied; detached memory is
 * refused.
 */
import { types } from 'node:util';
import { wrongType } from './argument.js';
import { readType } from './cv-type.js';
import { ImageError } from './errors.js';
import { Mat } from './mat.js';

/** ES2024, in Node from 21 on. */
interface ModernBuffer {
  readonly detached?: boolean;
}

/** What an array and a buffer really are, whatever a subclass or a property of their own says. */
const bufferOf = getter(Object.getPrototypeOf(Uint8Array.prototype), 'buffer');
const resizableOf = getter(ArrayBuffer.prototype, 'resizable');

function getter(prototype: object, name: string): (target: object) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (target) => get?.call(target);
}

/** @throws TypeError for what is no Uint8Array, or a detached one */
export function bytesToSend(bytes: unknown): Uint8Array {
  if (!types.isUint8Array(bytes)) throw wrongType('body', 'a string or Uint8Array', bytes);
  return steady(bytes, 'body');
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
  if (isDetached(data)) throw wrongType('image.data', 'memory that is not detached', data);
  const checked = new Mat(rows, cols, type, data, step);
  const { buffer, byteOffset, byteLength } = checked.data;
  return { rows, cols, type, step, data: steady(new Uint8Array(buffer, byteOffset, byteLength), 'image.data') };
}

/**
 * Moves the memory of `bytes` into a buffer that nobody else has: the program's is detached, and all views of it empty.
 * @throws TypeError for memory that cannot be moved: shared, WebAssembly's, or lent by native code or Node's pool
 */
export function takeOver(bytes: Uint8Array, what = 'body'): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  return new Uint8Array(moved(buffer, bytes, what), byteOffset, byteLength);
}

/** The same for the pixels of a matrix. */
export function takeOverMat({ rows, cols, type, step, data }: Mat): Mat {
  const { buffer, byteOffset, byteLength } = data;
  const bytes = new Uint8Array(moved(buffer, data, 'image.data'), byteOffset, byteLength);
  return new Mat(rows, cols, type, bytes, step);
}

function moved(buffer: ArrayBufferLike, view: ArrayBufferView, what: string): ArrayBuffer {
  if (isDetached(view)) throw wrongType(what, 'memory that is not detached', view);
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
  if (bytes.byteLength === 0 && isDetached(bytes)) throw wrongType(what, 'memory that is not detached', bytes);
  const buffer = bufferOf(bytes) as ArrayBufferLike;
  const isSteady = !types.isSharedArrayBuffer(buffer) && resizableOf(buffer) !== true;
  return isSteady ? bytes : new Uint8Array(bytes);
}

function isDetached(view: ArrayBufferView): boolean {
  if (view.byteLength !== 0) return false;
  const { detached } = view.buffer as ModernBuffer;
  if (detached !== undefined) return detached;
  try {
    new Uint8Array(view.buffer);
    return false;
  } catch {
    return true;
  }
}
