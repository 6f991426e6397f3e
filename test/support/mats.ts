/** Matrices to send, and how to compare them. */
import { CV_8UC1, Mat } from 'matmq';
import { expect } from 'vitest';

/** Every byte from a generator of random numbers (xorshift32): nothing compresses it, nothing is symmetric. */
export function noise(rows: number, cols: number, type: number = CV_8UC1, seed = 1): Mat {
  const mat = new Mat(rows, cols, type);
  const bytes = bytesOf(mat);
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return mat;
}

/** Smooth in every channel, as photos mostly are. */
export function gradient(rows: number, cols: number, type: number): Mat {
  const mat = new Mat(rows, cols, type);
  const { channels } = mat;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      for (let c = 0; c < channels; c++) {
        mat.set(y, x, c, Math.round(127 + 60 * Math.sin(x / 40 + c) + 60 * Math.cos(y / 30 - c)));
      }
    }
  }
  return mat;
}

/** A matrix of that size whose rows are not adjacent: a part of a larger one. */
export function regionOf(
  make: (rows: number, cols: number, type: number) => Mat,
  rows: number,
  cols: number,
  type: number,
): Mat {
  return make(rows + 5, cols + 7, type).region({ x: 3, y: 2, width: cols, height: rows });
}

export function bytesOf(mat: Mat): Uint8Array {
  const { buffer, byteOffset, byteLength } = mat.isContinuous ? mat.data : mat.clone().data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function expectSame(actual: Mat, expected: Mat): void {
  expect([actual.rows, actual.cols, actual.typeName]).toEqual([expected.rows, expected.cols, expected.typeName]);
  // Not toEqual: a difference in a large matrix would take it minutes to print.
  expect(Buffer.compare(bytesOf(actual), bytesOf(expected)), 'every byte of the pixels is the same').toBe(0);
}

/** The mean difference of the elements. */
export function loss(actual: Mat, expected: Mat): number {
  const [a, b] = [bytesOf(actual), bytesOf(expected)];
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}
