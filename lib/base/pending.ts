/** A promise that the program waits for, within the limits that it set: `signal` and `timeout`. */
import { MatmqError } from './errors.js';
import type { WaitOptions } from './wait-options.js';

/** A line of a stack that is no combinator's. */
const FRAME = /\n {4}at (?!(async )?Promise\.)/;

/**
 * Most errors are made far from the call that they answer: when the addon wakes JavaScript, or a timer fires. Their
 * stack is taken here, because V8 follows the promises from a microtask to the `await` that waits for them, and names
 * its line. It costs nothing unless there is an error.
 */
async function thrownWhereAwaited(error: unknown, call?: Call): Promise<never> {
  // The promise that is resolved with this one is chained to it from the second microtask on.
  await undefined;
  await undefined;
  if (error instanceof Error) {
    Error.captureStackTrace(error, thrownWhereAwaited);
    if (call !== undefined && !FRAME.test(error.stack ?? '')) call.blame(error);
  }
  throw error;
}

/** A send that waits, whose promise nobody may await: its call is the only stack there is then. */
export class Call {
  readonly #name: string;
  readonly #at: { stack?: string } = {};

  /** To be made within the call `name`. `from`: keeps the stack of its callers, which costs some microseconds. */
  constructor(name: string, from: ((...args: never) => unknown) | undefined) {
    this.#name = name;
    if (from !== undefined) Error.captureStackTrace(this.#at, from);
  }

  /** Says in `error`, which has no stack because nobody awaits it, which call it was. */
  blame(error: Error): void {
    error.message += ` before this ${this.#name} was accepted: await it, or end by flushAndExit()`;
    const frames = this.#at.stack?.split('\n').slice(1) ?? [];
    error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  }
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
  readonly #call: Call | undefined;

  /** `state` completes "timed out after 5 ms: ...". The signal is not aborted yet. */
  constructor(limits?: WaitOptions, state: () => string = () => '', call?: Call) {
    this.#call = call;
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
        const error = new MatmqError('TIMEOUT', `timed out after ${timeout} ms: ${state()}`);
        this.#end(() => this.#resolve(thrownWhereAwaited(error)));
      }, timeout);
    }
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  /** `error` must be made for this promise: its stack is replaced by that of the code that awaits the promise. */
  reject(error: unknown): void {
    if (this.#settle()) this.#resolve(thrownWhereAwaited(error, this.#call));
  }

  /** Rejects with the program's own `reason`, and calls `onGivenUp`. */
  giveUp(reason: unknown): void {
    this.#end(() => this.#reject(reason));
  }

  #end(reject: () => void): void {
    if (!this.#settle()) return;
    reject();
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
