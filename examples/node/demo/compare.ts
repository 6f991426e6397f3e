import type { Mat } from 'matmq';

/**
 * What JPEG of quality 95 may change. Real photos come out well inside; a wrong channel order or a shifted row does
 * not.
 */
export const LOSS = { mean: 4, psnr: 30 } as const;

/** How far two matrices of 8-bit pixels are from each other. */
export interface Difference {
  /** Mean of the absolute differences, of 255. */
  readonly mean: number;
  /** Peak signal-to-noise ratio in dB; infinite when they are equal. */
  readonly psnr: number;
}

export const sameShape = (a: Mat, b: Mat) => a.rows === b.rows && a.cols === b.cols && a.type === b.type;

/** Whether two matrices of one shape have the same pixels. */
export function samePixels(a: Mat, b: Mat): boolean {
  for (let row = 0; row < a.rows; row++) {
    const [x, y] = [a.row(row), b.row(row)];
    if (Buffer.compare(bytesOf(x), bytesOf(y)) !== 0) return false;
  }
  return true;
}

/** The difference of two matrices of one shape. */
export function difference(a: Mat, b: Mat): Difference {
  let [sum, squares] = [0, 0];
  for (let row = 0; row < a.rows; row++) {
    const [x, y] = [bytesOf(a.row(row)), bytesOf(b.row(row))];
    for (let i = 0; i < x.length; i++) {
      const d = (x[i] as number) - (y[i] as number);
      sum += d < 0 ? -d : d;
      squares += d * d;
    }
  }
  const count = a.rows * a.cols * a.channels;
  return { mean: sum / count, psnr: 10 * Math.log10((255 * 255 * count) / squares) };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
