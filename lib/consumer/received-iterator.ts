/** What `messages()` and `images()` return. */
import { wrongReceiver } from '../base/argument.js';
import { EndOfTransmission } from '../base/errors.js';

/** Ends the waits of an iterator that is finished; never seen by the program. */
const FINISHED = Symbol('finished');

/** How an iterator asks its consumer. */
export interface Source<T> {
  receive(owner: object): Promise<T>;
  /** Ends the waits of `owner` with `reason`. */
  cancel(owner: object, reason: unknown): void;
  /** Whether each is released when the program comes back for the next. */
  readonly reuse: boolean;
}

interface Releasable {
  release(): void;
}

/**
 * Not a generator: `return()` ends a `next()` that waits, so that no message is lost to it; and an error does not end it.
 */
export class ReceivedIterator<T extends Releasable> implements AsyncIterableIterator<T, undefined> {
  readonly #source: Source<T>;
  /** What the program has in hand, with `reuse`. */
  #inHand: T | undefined;
  #finished = false;

  constructor(source: Source<T>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!ReceivedIterator.#isOne(this)) return Promise.reject(wrongReceiver('next', 'iterator of messages', this));
    if (this.#finished) return this.return();
    this.#inHand?.release();
    this.#inHand = undefined;
    return this.#source.receive(this).then(
      (value) => {
        if (this.#source.reuse) this.#inHand = value;
        return { done: false, value };
      },
      (error: unknown) => {
        if (error === FINISHED || error instanceof EndOfTransmission) return this.return();
        throw error;
      },
    );
  }

  return(): Promise<IteratorResult<T, undefined>> {
    if (!ReceivedIterator.#isOne(this)) return Promise.reject(wrongReceiver('return', 'iterator of messages', this));
    if (!this.#finished) {
      this.#finished = true;
      this.#source.cancel(this, FINISHED);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  static #isOne(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #finished in value;
  }
}
