/** What a send resolves to. */

/** Answers for receipts. The receipts of neighbouring messages share one, which lives as long as they do. */
export interface ReceiptSource {
  messageId(sequence: number): string;
  confirmed(sequence: number): Promise<void>;
}

/** A message that the producer accepted. */
export class Receipt {
  /** The place of the message among those of its producer, from 1. */
  readonly sequence: number;
  readonly #source: ReceiptSource;
  #confirmed: Promise<void> | undefined;

  constructor(source: ReceiptSource, sequence: number) {
    this.#source = source;
    this.sequence = sequence;
  }

  /** The message's AMQP `message_id`, `<instance>-<sequence>`: a duplicate has the same. */
  get messageId(): string {
    return this.#source.messageId(this.sequence);
  }

  /**
   * Resolves when the broker has the message. A program that reads it takes charge of the failure: `flush()` does
   * not list it, and the program must handle the rejection. The process stays alive while it is pending. It can be read
   * at any time, also late.
   *
   * Rejects with
   * - `PublishError` `NACKED`, `UNROUTABLE`, `TOO_LARGE`, `DROPPED` or `NOT_CONFIRMED`
   * - `ImageError` `CANNOT_ENCODE`
   * - `RangeError` `INVALID_ARGUMENT`: the message's properties are larger than a frame
   */
  get confirmed(): Promise<void> {
    this.#confirmed ??= this.#source.confirmed(this.sequence);
    return this.#confirmed;
  }
}
