/** The few messages taken from the addon before the program asks for them, and their decodes. */

import type { NativeMat } from '../addon/contract.js';
import { type Decode, sameDecode } from '../image/options.js';
import type { Delivery } from './delivery.js';

export type Decoded = { readonly mat: NativeMat } | { readonly error: unknown };
/** A decode under way: `cancel()` ends it soon, and rejects its promise. */
export interface RunningDecode {
  readonly mat: Promise<NativeMat>;
  cancel(): void;
}
export type StartDecode = (message: Delivery, options: Decode) => RunningDecode;

/** A message that the program has not asked for yet. */
export class BufferedMessage {
  readonly message: Delivery;
  #options: Decode | undefined;
  #result: Decoded | undefined;
  #running: RunningDecode | undefined;

  constructor(message: Delivery) {
    this.message = message;
  }

  /** The decoded image; undefined while a codec thread is decoding: `done` is called when it has finished. */
  decoded(options: Decode, start: StartDecode, done: () => void): Decoded | undefined {
    if (this.#options === undefined || !sameDecode(this.#options, options)) this.#start(options, start, done);
    return this.#result;
  }

  /** Nobody wants the image. */
  cancel(): void {
    this.#running?.cancel();
    this.#running = undefined;
  }

  #start(options: Decode, start: StartDecode, done: () => void): void {
    this.cancel();
    this.#options = options;
    this.#result = undefined;
    const running = start(this.message, options);
    this.#running = running;
    const finish = (result: Decoded) => {
      // Of several decodes the last one counts. Their options do not tell them apart: they may be the same again.
      if (this.#running !== running) return;
      this.#result = result;
      this.#running = undefined;
      done();
    };
    running.mat.then(
      (mat) => finish({ mat }),
      (error: unknown) => finish({ error }),
    );
  }
}

const COMPACT_AFTER = 64;

/** A queue that counts bytes. */
export class LookAhead {
  #items: (BufferedMessage | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): BufferedMessage | undefined {
    return this.#items[this.#head];
  }

  at(index: number): BufferedMessage | undefined {
    return this.#items[this.#head + index];
  }

  push(message: Delivery): void {
    this.#items.push(new BufferedMessage(message));
    this.#bytes += message.size;
  }

  shift(): void {
    const first = this.first;
    if (first === undefined) return;
    this.#bytes -= first.message.size;
    first.cancel(); // handed out as it came: nobody waits for its image
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.clear();
    } else if (this.#head >= COMPACT_AFTER) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Drops all messages, and ends their decodes. */
  discard(): void {
    for (let i = 0; i < this.size; i++) this.at(i)?.cancel();
    this.clear();
  }

  clear(): void {
    this.#items.length = 0;
    this.#head = 0;
    this.#bytes = 0;
  }
}
