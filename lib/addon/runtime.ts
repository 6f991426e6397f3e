/** Settings and versions of the whole process. */

import { fromThrown } from '../addon/errors.js';
import { integer } from '../base/readers.js';
import { getAddon } from './addon.js';

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

/** Versions of MatMQ and of what its addon was built with. */
export function versions(): Readonly<Record<string, string>> {
  return getAddon().versions();
}
