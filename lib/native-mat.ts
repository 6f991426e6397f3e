/** The addon's matrices as TypeScript's. */
import { depthBytes, elementsOf, type MatData } from './cv-type.js';
import { Mat } from './mat.js';
import type { NativeMat } from './native.js';

/** The elements of a matrix of the addon, over its memory. */
export function elementsOfNative({ rows, cols, type, step, data }: NativeMat): MatData {
  // A view into a body may lie at an odd address, where no typed array of a larger element can begin.
  const isAligned = data.byteOffset % depthBytes(type) === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? data : data.slice();
  const needed = (rows - 1) * step + cols * depthBytes(type) * ((type >> 3) + 1);
  return elementsOf(type, buffer, byteOffset, Math.min(byteLength, needed));
}

export function matOf(native: NativeMat): Mat {
  const { rows, cols, type, step } = native;
  return new Mat(rows, cols, type, elementsOfNative(native), step);
}
