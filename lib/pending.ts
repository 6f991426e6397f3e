/** A promise the program waits for, with the limits it set: `signal` and `timeout`. */
import { MatmqError } from './errors.js';

/** How long to wait. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, 0 to 2147483647; then the promise rejects with a `MatmqError` of code `TIMEOUT`. Default: no limit. */
  readonly timeout?: number | undefined;
}

export class Pending<T> {
  readonly promise: Promise<T>;
  /** Called by `giveUp()`, and so when signal or timeout end the wait, after the promise was rejected. */
  onGivenUp: (() => void) | undefined;
  #resolve!: (value: T | PromiseLike<T>) => void;
  #reject!: (reason: unknown) => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  /** `state` completes "timed out after 5 ms: ...". The signal is not aborted yet. */
  constructor(limits?: WaitOptions, state: () => string = () => '') {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const signal = limits?.signal;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#abort = () => this.giveUp(signal.reason);
      signal.addEventListener('abort', this.#abort, { once: true });
    }
    const timeout = limits?.timeout;
    if (timeout !== undefined) {
      this.#timer = setTimeout(() => {
        this.giveUp(new MatmqError('TIMEOUT', `timed out after ${timeout} ms: ${state()}`));
      }, timeout);
    }
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  /** Rejects, and tells `onGivenUp`. */
  giveUp(reason: unknown): void {
    if (!this.#settle()) return;
    this.#reject(reason);
    this.onGivenUp?.();
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort);
    return true;
  }
}
