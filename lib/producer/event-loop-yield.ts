/**
 * Yields to the event loop while a program sends in a plain loop.
 *
 * A send that is accepted at once resolves in a microtask. `for (...) await producer.send(...)` would therefore never
 * return to the event loop: no timer would fire, no confirm would arrive, and no memory that was sent would be freed.
 * So a send resolves in the next turn of the event loop whenever many messages or bytes were accepted since the last.
 */

const MAX_MESSAGES = 64;
const MAX_BYTES = 8 * 1024 * 1024;

export class EventLoopYield {
  #messages = 0;
  #bytes = 0;

  /** A message of `bytes` bytes was handed to the addon. */
  count(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  /** Resolves to `value`: at once, or in the next turn of the event loop when it is time to yield. */
  resolve<T>(value: T): Promise<T> {
    if (this.#messages < MAX_MESSAGES && this.#bytes < MAX_BYTES) return Promise.resolve(value);
    this.#messages = 0;
    this.#bytes = 0;
    return new Promise((resolve) => setImmediate(resolve, value));
  }
}
