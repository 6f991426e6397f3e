/** How long the program waits for a promise. */
import { abortSignal, bare, integer, readObject } from './readers.js';

/** How long to wait. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds, 0 to 2147483647; then the promise rejects with a `MatmqError` of code `TIMEOUT`. Default: no limit.
   */
  readonly timeout?: number | undefined;
}

export const waitReaders = { signal: abortSignal, timeout: integer(0, 0x7fffffff, 'milliseconds') };

/** Not made anew for each wait. */
export const noLimits: WaitOptions = bare({});

/** @throws TypeError, RangeError */
export function readWaitOptions(options: unknown): WaitOptions {
  return options === undefined ? noLimits : readObject(options, 'options', waitReaders);
}
