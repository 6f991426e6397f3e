/** Settings and versions of the whole process. */

import { fromThrown } from '../addon/errors.js';
import { integer } from '../base/readers.js';
import { getAddon } from './addon.js';

const LEAST_CODEC_MEMORY = 16 * 1024 * 1024;
const readBytes = integer(LEAST_CODEC_MEMORY, Number.MAX_SAFE_INTEGER, 'bytes');
const readCount = integer(1, 64, 'threads');

/** The number of threads that encode and decode images, for the whole process: min(cores, 4) unless set. */
export function codecThreads(): number {
  return getAddon().codecThreads();
}

/**
 * Sets the number of threads that encode and decode images, 1 to 64, before the first image is sent or received.
 * @throws RangeError out of range, or too late
 */
export function setCodecThreads(count: number): void {
  readCount(count, 'count');
  try {
    getAddon().setCodecThreads(count);
  } catch (error) {
    throw fromThrown(error);
  }
}

/**
 * The bytes that all decodes of the process take together while they are at work: a quarter of the machine's memory, or
 * of that of the process's cgroup, unless set. What a decode returned does not count.
 */
export function codecMemory(): number {
  return getAddon().codecMemory();
}

/**
 * Sets it, from 16777216 (16 MiB). Decodes wait for room; an image that takes more alone is `LIMIT_EXCEEDED`. May be
 * called at any time.
 * @throws RangeError
 */
export function setCodecMemory(bytes: number): void {
  readBytes(bytes, 'bytes');
  getAddon().setCodecMemory(bytes);
}

/** Versions of MatMQ and of what its addon was built with. */
export function versions(): Readonly<Record<string, string>> {
  return getAddon().versions();
}
