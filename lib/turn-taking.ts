/**
 * Lets the event loop turn while a program sends in a plain loop.
 *
 * A send that is accepted at once resolves in a microtask, so `for (...) await producer.send(...)` would never come back
 * to the event loop: no timer, no confirm, and none of the memory that was sent would be let go. So now and then a send
 * resolves in the loop's next turn.
 */

const MOST_MESSAGES = 64;
const MOST_BYTES = 8 * 1024 * 1024;

export class TurnTaking {
  #messages = 0;
  #bytes = 0;

  /** So much was accepted. */
  count(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  /** `value` at once, or after a turn of the event loop when it is time for one. */
  resolve<T>(value: T): Promise<T> {
    if (this.#messages < MOST_MESSAGES && this.#bytes < MOST_BYTES) return Promise.resolve(value);
    this.#messages = 0;
    this.#bytes = 0;
    return new Promise((resolve) => setImmediate(resolve, value));
  }
}
