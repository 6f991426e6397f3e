/** The sends that wait for room, in the order of their calls. */
import { fromThrown } from '../addon/errors.js';
import { Fifo } from '../base/fifo.js';
import { Call, Pending } from '../base/pending.js';
import type { Receipt } from './receipt.js';

/** Sends one message: its sequence number, or 0 while there is no room. */
export type Attempt = () => number;

interface Item {
  /** False: no room yet, try again later. */
  run(): boolean;
  fail(error: unknown): void;
}

export class WaitingSends {
  readonly #items = new Fifo<Item>();
  readonly #accept: (sequence: number) => Receipt;
  readonly #changed: () => void;
  #retrying = false;

  /** `changed` is called when the size did. */
  constructor(accept: (sequence: number) => Receipt, changed: () => void) {
    this.#accept = accept;
    this.#changed = changed;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Queues a send behind the others; `method` is what the program called. */
  add(method: string, attempt: Attempt, signal: AbortSignal | undefined): Promise<Receipt> {
    // A program that awaits each send has one that waits, and needs no stack.
    const call = new Call(method, this.size > 0 ? this.add : undefined);
    const pending = new Pending<Receipt>({ signal }, undefined, call);
    const node = this.#items.push({
      run: () => {
        try {
          const sequence = attempt();
          if (sequence === 0) return false;
          pending.resolve(this.#accept(sequence));
        } catch (error) {
          pending.reject(fromThrown(error));
        }
        return true;
      },
      fail: (error) => pending.reject(error),
    });
    pending.onGivenUp = () => {
      this.#items.remove(node);
      // The next one may be smaller and fit.
      this.retry();
      this.#changed();
    };
    this.#changed();
    return pending.promise;
  }

  /** Calls `action` when all sends that wait now were accepted or given up. Returns a function that cancels this. */
  afterThese(action: () => void): () => void {
    const run = () => {
      action();
      return true;
    };
    const node = this.#items.push({ run, fail: run });
    this.#changed();
    return () => {
      this.#items.remove(node);
      this.#changed();
    };
  }

  /** To be called when there may be room: tries the sends in order, until one has to wait. */
  retry(): void {
    if (this.#retrying || this.#items.size === 0) return;
    this.#retrying = true;
    for (let item = this.#items.first; item?.run(); item = this.#items.first) this.#items.shift();
    this.#retrying = false;
    this.#changed();
  }

  /** Rejects every send with an error of its own. */
  rejectAll(makeError: () => Error): void {
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) item.fail(makeError());
    this.#changed();
  }
}
