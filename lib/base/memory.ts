/**
 * The memory of what is sent, made safe for native threads to read. They read plain, fixed buffers where they lie.
 * Memory that another thread may write (SharedArrayBuffer) or that may shrink (resizable) is copied; detached memory is
 * refused.
 */
import { types } from 'node:util';
import { wrongType } from './argument.js';

/** For errors: what is expected of memory, and what may have become of it. */
export const ATTACHED = 'memory that is not detached';
export const DETACHED = 'it was released, or given away (transfer, postMessage). Copy it before';

/** ES2024, in Node from 21 on. */
interface ModernBuffer {
  readonly detached?: boolean;
}

/**
 * The built-in getters of arrays and buffers, which a subclass or an own property cannot replace. Each has a function
 * of its own, so that V8 compiles it to the read of a field: they are asked for every message.
 */
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferGetter = getterOf(typedArray, 'buffer');
const byteOffsetGetter = getterOf(typedArray, 'byteOffset');
const byteLengthGetter = getterOf(typedArray, 'byteLength');
const resizableGetter = getterOf(ArrayBuffer.prototype, 'resizable');
const bufferOf = (bytes: Uint8Array) => bufferGetter.call(bytes) as ArrayBufferLike;
const byteOffsetOf = (bytes: Uint8Array) => byteOffsetGetter.call(bytes) as number;
const byteLengthOf = (bytes: Uint8Array) => byteLengthGetter.call(bytes) as number;

function getterOf(prototype: object, name: string): (this: object) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (get === undefined) throw new Error(`this JavaScript has no '${name}' of arrays or buffers`);
  return get;
}

export function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength !== 0) return false;
  const { detached } = buffer as ModernBuffer;
  if (detached !== undefined) return detached;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Bytes of any kind: not what an image is, but perhaps the file of one. */
export function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/** The number of its bytes. */
export function sizeOf(bytes: Uint8Array): number {
  return byteLengthOf(bytes);
}

/** @throws TypeError for what is no Uint8Array, or a detached one */
export function bytesToSend(bytes: unknown, what: string, expected: string, advice?: string): Uint8Array {
  if (!types.isUint8Array(bytes)) throw wrongType(what, expected, bytes, advice);
  return stableBytes(bytes, what);
}

/** The same bytes, or a copy where their memory may change or shrink under a native thread. @throws TypeError */
export function stableBytes(bytes: Uint8Array, what: string): Uint8Array {
  const buffer = bufferOf(bytes);
  if (byteLengthOf(bytes) === 0 && isDetached(buffer)) throw wrongType(what, ATTACHED, bytes, DETACHED);
  return isStable(buffer) ? bytes : new Uint8Array(bytes);
}

/** The getter throws for a SharedArrayBuffer, and costs less than to ask whether it is one. */
function isStable(buffer: ArrayBufferLike): boolean {
  try {
    return resizableGetter.call(buffer) !== true;
  } catch {
    return false;
  }
}

/**
 * Moves the memory of `bytes` into a buffer that nobody else has: the program's is detached, and all views of it empty.
 * @throws TypeError for memory that cannot be moved: shared, WebAssembly's, or lent by native code or Node's pool
 */
export function transferBytes(bytes: Uint8Array, what: string): Uint8Array {
  const [byteOffset, byteLength] = [byteOffsetOf(bytes), byteLengthOf(bytes)];
  return new Uint8Array(transferBuffer(bufferOf(bytes), bytes, what), byteOffset, byteLength);
}

/** As `transferBytes`, of a whole buffer; `view` is what the program gave, for the error. */
export function transferBuffer(buffer: ArrayBufferLike, view: ArrayBufferView, what: string): ArrayBuffer {
  if (isDetached(buffer)) throw wrongType(what, ATTACHED, view, DETACHED);
  const expected = 'an ArrayBuffer that can be transferred (or none, or `copy` instead of `transfer`)';
  if (types.isSharedArrayBuffer(buffer)) throw wrongType(what, expected, buffer);
  let transferred: ArrayBuffer | undefined;
  try {
    transferred = structuredClone(buffer, { transfer: [buffer] });
  } catch {
    // The next line says what is wrong.
  }
  // Node 20 copies what must not be transferred, and says nothing.
  if (transferred === undefined || buffer.byteLength !== 0) {
    const pool = "it may lie in Node's pool, which many small Buffers share (Buffer.from(), fs.readFile()): say copy";
    throw wrongType(what, expected, view, view instanceof Buffer ? pool : undefined);
  }
  return transferred;
}
