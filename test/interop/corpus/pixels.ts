/** Pixels of several readers, and whether they are the same. */
import type { Mat } from 'matmq';
import { bytesOf } from '../../support/mats.js';

export interface Pixels {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /** OpenCV's number. */
  readonly depth: number;
  readonly bytes: Uint8Array;
}

/** What a reader makes of a file: its pixels, or why it refuses. */
export type Answer = Pixels | { readonly refused: string };

export const isRefused = (answer: Answer): answer is { readonly refused: string } => 'refused' in answer;

export function pixelsOf(mat: Mat): Pixels {
  return { rows: mat.rows, cols: mat.cols, channels: mat.channels, depth: mat.depth, bytes: bytesOf(mat) };
}

const sameSides = (a: Pixels, b: Pixels) => a.rows === b.rows && a.cols === b.cols;

/** Whether each byte, the type and the sides are the same. */
export function areEqual(a: Answer, b: Answer): boolean {
  if (isRefused(a) || isRefused(b)) return false;
  if (!sameSides(a, b) || a.channels !== b.channels || a.depth !== b.depth) return false;
  return Buffer.compare(a.bytes, b.bytes) === 0;
}

const SAMPLE_BYTES = [1, 1, 2, 2, 4, 4, 8];

/** One integer sample, or a number that stands for one of floating point. */
function sampleAt({ bytes, depth }: Pixels, index: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = index * (SAMPLE_BYTES[depth] ?? 1);
  if (depth === 5) return view.getFloat32(at, true);
  if (depth === 6) return view.getFloat64(at, true);
  if (depth === 4) return view.getInt32(at, true);
  return depth === 2 ? view.getUint16(at, true) : view.getUint8(at);
}

/** A channel of a pixel as BGRA has it: grey is thrice the same, and what has no alpha is opaque. */
function inBgra(pixels: Pixels, pixel: number, channel: number): number {
  if (channel === 3 && pixels.channels < 4) return pixels.depth === 2 ? 65535 : 255;
  return sampleAt(pixels, pixel * pixels.channels + (pixels.channels === 1 ? 0 : channel));
}

/**
 * How far two pictures are apart at most in their first channels (of BGRA), however many carry them: grey is as good as
 * three equal channels, no alpha as good as an opaque one. Undefined where their depths cannot be compared.
 */
export function distance(a: Pixels, b: Pixels, channels = 4): number | undefined {
  const floating = a.depth >= 5 && b.depth >= 5;
  if (a.depth !== b.depth && !floating) return undefined;
  if (!sameSides(a, b)) return Number.POSITIVE_INFINITY;
  if (areEqual(a, b)) return 0;
  // Of 32 bits and 64 the shorter ones count.
  const round = a.depth === b.depth ? (value: number) => value : Math.fround;
  let most = 0;
  for (let pixel = 0; pixel < a.rows * a.cols; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const [one, other] = [round(inBgra(a, pixel, channel)), round(inBgra(b, pixel, channel))];
      if (!Object.is(one, other)) most = Math.max(most, Math.abs(one - other));
    }
  }
  return most;
}

/** For a message. */
export function described(answer: Answer): string {
  if (isRefused(answer)) return `refused (${answer.refused.slice(0, 60)})`;
  const { rows, cols, channels, depth } = answer;
  return `${cols} x ${rows}, ${['8U', '8S', '16U', '16S', '32S', '32F', '64F'][depth]}C${channels}`;
}
