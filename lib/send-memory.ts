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

/** ES2024, in Node from 20 (resizable) and 21 (detached) on. */
interface ModernBuffer {
  readonly resizable?: boolean;
  readonly detached?: boolean;
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

function steady(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.byteLength === 0 && isDetached(bytes)) throw wrongType(what, 'memory that is not detached', bytes);
  const { buffer } = bytes;
  const isSteady = !types.isSharedArrayBuffer(buffer) && (buffer as ModernBuffer).resizable !== true;
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
