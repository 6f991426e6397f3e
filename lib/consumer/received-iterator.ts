/** What `messages()` and `images()` return. */
import { wrongReceiver } from '../base/argument.js';
import { ClosedError, EndOfTransmission } from '../base/errors.js';

/** The reason that ends the waits of a finished iterator; the program never sees it. */
const FINISHED = Symbol('finished');

/** What an iterator needs of its consumer. */
export interface Source<T> {
  receive(owner: object): Promise<T>;
  /** What `receive()` would resolve to at once; undefined where it would wait, or reject. */
  receiveNow?(): T | undefined;
  /** Ends the waits of `owner` with `reason`. */
  cancel(owner: object, reason: unknown): void;
  /** Whether the program has not closed the consumer. */
  isOpen(): boolean;
  /** Whether a message is released when the program asks for the next one. */
  readonly reuse: boolean;
}

interface Releasable {
  release(): void;
}

/**
 * Not a generator: `return()` ends a `next()` that waits, so that no message is lost to it; and an error does not end
 * it.
 */
export class ReceivedIterator<T extends Releasable> implements AsyncIterableIterator<T, undefined> {
  readonly #source: Source<T>;
  /** With `reuse`: the message that the program got last. */
  #current: T | undefined;
  #finished = false;
  /** A loop that begins when the consumer is closed already is a mistake of the program's. */
  readonly #beganOpen: boolean;

  constructor(source: Source<T>) {
    this.#source = source;
    this.#beganOpen = source.isOpen();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!ReceivedIterator.#isOne(this)) return Promise.reject(wrongReceiver('next', 'iterator of messages', this));
    if (this.#finished) return this.return();
    this.#current?.release();
    this.#current = undefined;
    const ready = this.#source.receiveNow?.();
    if (ready !== undefined) {
      if (this.#source.reuse) this.#current = ready;
      return Promise.resolve({ done: false, value: ready });
    }
    return this.#source.receive(this).then(
      (value) => {
        if (this.#source.reuse) this.#current = value;
        return { done: false, value };
      },
      (error: unknown) => {
        const closed = error instanceof ClosedError && this.#beganOpen;
        if (closed || error === FINISHED || error instanceof EndOfTransmission) return this.return();
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
