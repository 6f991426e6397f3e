/** What a send resolves to. */
import type { Chunk } from './settlements.js';

/** A message that the producer accepted. */
export class Receipt {
  /** The place of the message among those of its producer, from 1. */
  readonly sequence: number;
  readonly #chunk: Chunk;
  #confirmed: Promise<void> | undefined;

  constructor(chunk: Chunk, sequence: number) {
    this.#chunk = chunk;
    this.sequence = sequence;
  }

  /** The message's AMQP `message_id`, `<instance>-<sequence>`: a duplicate has the same. */
  get messageId(): string {
    return this.#chunk.settlements.messageId(this.sequence);
  }

  /**
   * Resolves when the broker has the message. Who reads it takes charge of its failure: `flush()` will not list it, and
   * a rejection must be handled. The process stays alive while it is pending. It can be read at any time, also late.
   *
   * Rejects with
   * - `PublishError` `NACKED`, `UNROUTABLE`, `TOO_LARGE`, `DROPPED` or `NOT_CONFIRMED`
   * - `ImageError` `CANNOT_ENCODE`
   * - `RangeError` `INVALID_ARGUMENT`: the message's properties are larger than a frame
   */
  get confirmed(): Promise<void> {
    this.#confirmed ??= this.#chunk.settlements.confirmed(this.#chunk, this.sequence);
    return this.#confirmed;
  }
}
