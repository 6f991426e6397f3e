/** Matrices on their way to the addon and from it. */
import type { NativeMat } from '../addon/contract.js';
import { ImageError } from '../base/errors.js';
import { stableBytes, transferBuffer } from '../base/memory.js';
import { channelsOf, depthBytes, elementsOf, readType } from './cv-type.js';
import { layoutOf, viewOf } from './layout.js';
import { checkPresent, type MatFields, matFields } from './mat-fields.js';

/** A matrix of the addon, over the addon's memory. */
export function fromNativeMat({ rows, cols, type, step, data }: NativeMat): MatFields {
  // A view into a body may lie at an odd address, where no typed array of a larger element can begin.
  const isAligned = data.byteOffset % depthBytes(type) === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? data : data.slice();
  const needed = (rows - 1) * step + cols * depthBytes(type) * channelsOf(type);
  return { rows, cols, type, step, data: elementsOf(type, buffer, byteOffset, Math.min(byteLength, needed)) };
}

/**
 * A matrix as the addon takes it.
 * @throws TypeError, RangeError for what is no matrix; MatmqError `RELEASED` when its memory is gone
 * @throws ImageError INVALID_MATRIX for an empty one
 */
export function toNativeMat(mat: MatFields): NativeMat {
  // Checked again: the fields of a Mat are read-only to TypeScript alone, and native code trusts them with memory.
  const { rows, cols, data } = mat;
  const type = readType(mat.type);
  if (rows === 0 || cols === 0) {
    throw new ImageError(
      'INVALID_MATRIX',
      `cannot send an empty matrix (${String(rows)} rows, ${String(cols)} columns)`,
    );
  }
  checkPresent(data, rows, cols);
  const layout = layoutOf(rows, cols, type, mat.step);
  const { buffer, byteOffset, byteLength } = viewOf(data, layout);
  const bytes = stableBytes(new Uint8Array(buffer, byteOffset, byteLength), 'image.data');
  return { rows, cols, type, step: layout.step, data: bytes };
}

/** The same matrix in memory that nobody else has: see `transferBytes()`. @throws TypeError */
export function transferMat({ rows, cols, type, step, data }: MatFields): MatFields {
  const { buffer, byteOffset, byteLength } = data;
  const bytes = new Uint8Array(transferBuffer(buffer, data, 'image.data'), byteOffset, byteLength);
  return matFields(rows, cols, type, bytes, step);
}
