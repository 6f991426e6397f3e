/**
 * Which of a producer's messages are settled (confirmed or failed), without an object per message.
 *
 * 1. Sequence numbers are 1, 2, 3, ...; every one below the watermark is settled, and so is every one in `#outOfOrder`.
 * 2. Failures are kept in chunks of 1024 sequence numbers. Receipts share the chunk, so that a receipt that is asked
 *    late still finds the failure. The memory is freed with the last receipt.
 * 3. A failure is reported once: to the program that read the receipt's `confirmed`, or else by the next flush. The
 *    program asked for the drops of `dropOldest`: they are counted in `stats()`, and never listed.
 * 4. At the end, failures that no flush has listed are reported as a number and the first of them: `takeUnreported()`.
 *    What `exit()` dropped is not among them, because the program asked for that, too.
 */

import type { NativeError } from '../addon/contract.js';
import { fromNative } from '../addon/errors.js';
import { PublishError, type PublishFailure } from '../base/errors.js';
import { Fifo } from '../base/fifo.js';
import { Pending } from '../base/pending.js';
import { Receipt, type ReceiptSource } from './receipt.js';

const CHUNK_LENGTH = 1024;
/** Failures a flush lists; a program that never flushes must not grow for ever. */
const MAX_LISTED = 10_000;
const NAMED_IN_MESSAGE = 3;

/** Failures that were not reported to the program. */
export interface UnreportedFailures {
  readonly count: number;
  readonly first: { readonly sequence: number; readonly code: string; readonly message: string } | undefined;
}

interface Failure {
  readonly native: NativeError;
  /** Whether it was reported, or need not be, but by a flush. */
  reported: boolean;
  /** Made when the program first sees it. */
  error?: Error;
}

interface Flush {
  readonly target: number;
  readonly pending: Pending<void>;
}

/** The failures of neighbouring messages, which their receipts share. */
class Chunk implements ReceiptSource {
  readonly failures = new Map<number, Failure>();
  readonly #settlements: Settlements;

  constructor(settlements: Settlements) {
    this.#settlements = settlements;
  }

  messageId(sequence: number): string {
    return this.#settlements.messageId(sequence);
  }

  confirmed(sequence: number): Promise<void> {
    return this.#settlements.confirmed(this, sequence);
  }
}

export class Settlements {
  /** All below are settled. */
  #watermark = 1;
  /** Settled, but not below the watermark. */
  readonly #outOfOrder = new Set<number>();
  #accepted = 0;
  #current: Chunk | undefined;
  #currentEnd = 0;
  /** Chunks with something unsettled, by number. */
  readonly #chunks = new Map<number, Chunk>();
  #oldestChunk = 0;
  /** The `confirmed` of receipts that were asked and are pending, by sequence number. */
  readonly #asked = new Map<number, Pending<void>>();
  readonly #flushes = new Fifo<Flush>();
  /** Failures for the next flush to list. */
  readonly #listable = new Map<number, Failure>();
  /** Failures beyond the list, which are only counted. */
  #beyondList = 0;
  /** How many of those were reported, or need not be, but by a flush. */
  #beyondListReported = 0;
  #dropping = false;
  readonly #changed: () => void;
  readonly #instance: string;

  /** `changed` is called when a promise begins or ceases to be waited for; `instance` is the producer's random id. */
  constructor(changed: () => void = () => {}, instance = '') {
    this.#changed = changed;
    this.#instance = instance;
  }

  messageId(sequence: number): string {
    return `${this.#instance}-${sequence}`;
  }

  /** Messages accepted and not settled. */
  get unsettled(): number {
    return this.#accepted + 1 - this.#watermark - this.#outOfOrder.size;
  }

  /** Whether the program waits for something here. */
  get awaited(): boolean {
    return this.#asked.size > 0 || this.#flushes.size > 0;
  }

  /** The next sequence number was given out. */
  accept(sequence: number): Receipt {
    this.#accepted = sequence;
    const chunk = sequence < this.#currentEnd && this.#current !== undefined ? this.#current : this.#newChunk(sequence);
    return new Receipt(chunk, sequence);
  }

  /** `ranges` is first0, last0, first1, last1, ...; `failures` are within them. */
  settle(
    ranges: readonly number[],
    failures: readonly { readonly sequence: number; readonly error: NativeError }[] = [],
  ): void {
    for (const { sequence, error } of failures) this.#fail(sequence, error);
    for (let i = 0; i + 1 < ranges.length; i += 2) this.#settleRange(ranges[i] as number, ranges[i + 1] as number);
    this.#forgetChunks();
    this.#finishFlushes();
  }

  /** The program asks that what is not confirmed be dropped from now on. */
  drop(): void {
    this.#dropping = true;
  }

  /** Whether a flush would list something. */
  get hasListable(): boolean {
    return this.#listable.size > 0 || this.#beyondList > 0;
  }

  /** The failures that were not reported to the program, once. A flush that comes after all lists them even so. */
  takeUnreported(): UnreportedFailures | undefined {
    let count = this.#beyondList - this.#beyondListReported;
    let first: UnreportedFailures['first'];
    for (const [sequence, failure] of this.#listable) {
      if (failure.reported) continue;
      failure.reported = true;
      count++;
      first ??= { sequence, code: failure.native.code, message: failure.native.message };
    }
    this.#beyondListReported = this.#beyondList;
    return count === 0 ? undefined : { count, first };
  }

  /** Settles all that is left, because nothing will be heard of it any more. */
  failRest(error: NativeError): void {
    if (this.unsettled === 0) return;
    const first = this.#watermark;
    for (let sequence = first; sequence <= this.#accepted; sequence++) {
      if (!this.#isSettled(sequence)) this.#fail(sequence, error);
    }
    this.settle([first, this.#accepted]);
  }

  /** For receipts. */
  confirmed(chunk: Chunk, sequence: number): Promise<void> {
    if (!this.#isSettled(sequence)) {
      const pending = new Pending<void>();
      this.#asked.set(sequence, pending);
      this.#changed();
      return pending.promise;
    }
    const failure = chunk.failures.get(sequence);
    if (failure === undefined) return Promise.resolve();
    this.#listable.delete(sequence);
    return Promise.reject(errorOf(failure));
  }

  /**
   * Settles `pending` when everything accepted so far is settled; rejects it with the failures that were not reported.
   */
  flush(pending: Pending<void>): void {
    const target = this.#accepted;
    if (target < this.#watermark) {
      this.#finish({ target, pending });
      return;
    }
    const node = this.#flushes.push({ target, pending });
    pending.onGivenUp = () => {
      this.#flushes.remove(node);
      this.#changed();
    };
    this.#changed();
  }

  #isSettled(sequence: number): boolean {
    return sequence < this.#watermark || this.#outOfOrder.has(sequence);
  }

  #newChunk(sequence: number): Chunk {
    const number = Math.floor(sequence / CHUNK_LENGTH);
    const chunk = new Chunk(this);
    this.#chunks.set(number, chunk);
    this.#current = chunk;
    this.#currentEnd = (number + 1) * CHUNK_LENGTH;
    return chunk;
  }

  #fail(sequence: number, native: NativeError): void {
    if (this.#isSettled(sequence)) return;
    const reported = this.#dropping && native.code === 'NOT_CONFIRMED';
    const failure: Failure = { native, reported };
    this.#chunks.get(Math.floor(sequence / CHUNK_LENGTH))?.failures.set(sequence, failure);
    if (this.#asked.has(sequence) || native.code === 'DROPPED') return;
    if (this.#listable.size < MAX_LISTED) {
      this.#listable.set(sequence, failure);
      return;
    }
    this.#beyondList++;
    if (reported) this.#beyondListReported++;
  }

  #settleRange(first: number, last: number): void {
    if (first <= this.#watermark) {
      if (last < this.#watermark) return;
      this.#watermark = last + 1;
      if (this.#outOfOrder.size > 0) this.#mergeOutOfOrder(first, last);
    } else {
      for (let sequence = first; sequence <= last; sequence++) this.#outOfOrder.add(sequence);
    }
    if (this.#asked.size > 0) this.#answer(first, last);
  }

  #mergeOutOfOrder(first: number, last: number): void {
    // First what was settled out of order within the range, then what follows the range.
    if (this.#outOfOrder.size < last - first + 1) {
      for (const sequence of this.#outOfOrder) if (sequence <= last) this.#outOfOrder.delete(sequence);
    } else {
      for (let sequence = first; sequence <= last; sequence++) this.#outOfOrder.delete(sequence);
    }
    while (this.#outOfOrder.delete(this.#watermark)) this.#watermark++;
  }

  #answer(first: number, last: number): void {
    if (this.#asked.size < last - first + 1) {
      for (const sequence of this.#asked.keys()) if (sequence >= first && sequence <= last) this.#answerOne(sequence);
    } else {
      for (let sequence = first; sequence <= last; sequence++) this.#answerOne(sequence);
    }
    if (this.#asked.size === 0) this.#changed();
  }

  #answerOne(sequence: number): void {
    const pending = this.#asked.get(sequence);
    if (pending === undefined) return;
    this.#asked.delete(sequence);
    const failure = this.#chunks.get(Math.floor(sequence / CHUNK_LENGTH))?.failures.get(sequence);
    if (failure === undefined) pending.resolve();
    else pending.reject(errorOf(failure));
  }

  #forgetChunks(): void {
    const oldest = Math.floor(this.#watermark / CHUNK_LENGTH);
    while (this.#oldestChunk < oldest) this.#chunks.delete(this.#oldestChunk++);
  }

  #finishFlushes(): void {
    for (let flush = this.#flushes.first; flush !== undefined; flush = this.#flushes.first) {
      if (flush.target >= this.#watermark) return;
      this.#flushes.shift();
      this.#finish(flush);
      if (this.#flushes.size === 0) this.#changed();
    }
  }

  #finish({ target, pending }: Flush): void {
    const failures: PublishFailure[] = [];
    for (const [sequence, failure] of this.#listable) {
      if (sequence > target) continue;
      failures.push({ sequence, messageId: this.messageId(sequence), error: errorOf(failure) });
      this.#listable.delete(sequence);
    }
    const beyondList = this.#beyondList;
    this.#beyondList = 0;
    this.#beyondListReported = 0;
    if (failures.length === 0 && beyondList === 0) {
      pending.resolve();
      return;
    }
    failures.sort((a, b) => a.sequence - b.sequence);
    pending.reject(new PublishError('PUBLISH_FAILED', summary(failures, beyondList), failures));
  }
}

function errorOf(failure: Failure): Error {
  failure.error ??= fromNative(failure.native);
  return failure.error;
}

function summary(failures: readonly PublishFailure[], beyondList: number): string {
  const count = failures.length + beyondList;
  const named = failures.slice(0, NAMED_IN_MESSAGE).map(({ sequence, error }) => `#${sequence}: ${error.message}`);
  const more = count > named.length ? [`and ${count - named.length} more`] : [];
  return `${count} ${count === 1 ? 'message was' : 'messages were'} not published: ${[...named, ...more].join('; ')}`;
}
