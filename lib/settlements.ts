/**
 * Which of a producer's messages are settled (confirmed or failed), without an object per message.
 *
 * 1. Sequence numbers are 1, 2, 3, ...; everything below the watermark is settled, and so is what `#early` lists.
 * 2. Failures are kept in chunks of 1024 sequence numbers. Receipts share the chunk, so that a late question finds the
 *    answer as long as there is a receipt to ask, and the memory goes when the last receipt does.
 * 3. A failure whose `confirmed` was asked for belongs to who asked. The others wait for the next flush. What
 *    `dropOldest` dropped is the program's wish: it is counted in `stats()`, and never listed.
 * 4. What no flush comes for is told once more, at the end, as a number and the first: `takeUntold()`. What `exit()`
 *    dropped is the program's wish there, too.
 */
import { fromNative, PublishError, type PublishFailure } from './errors.js';
import { Fifo } from './fifo.js';
import type { NativeError } from './native.js';
import { Pending } from './pending.js';
import { Receipt } from './receipt.js';

const CHUNK_LENGTH = 1024;
/** Failures a flush lists; a program that never flushes must not grow for ever. */
const MOST_LISTED = 10_000;
const NAMED_IN_MESSAGE = 3;

/** What the receipts of neighbouring messages share. */
export interface Chunk {
  readonly settlements: Settlements;
  readonly failures: Map<number, Failure>;
}

/** Failures that the program was not told of. */
export interface Untold {
  readonly count: number;
  readonly first: { readonly sequence: number; readonly code: string; readonly message: string } | undefined;
}

interface Failure {
  readonly native: NativeError;
  /** Not to be told at the end, but by a flush. */
  told: boolean;
  /** Made when the program first sees it. */
  error?: Error;
}

interface Flush {
  readonly target: number;
  readonly pending: Pending<void>;
}

export class Settlements {
  /** All below are settled. */
  #watermark = 1;
  /** Settled, but not below the watermark. */
  readonly #early = new Set<number>();
  #accepted = 0;
  #current: Chunk | undefined;
  #currentEnd = 0;
  /** Chunks with something unsettled, by number. */
  readonly #chunks = new Map<number, Chunk>();
  #oldestChunk = 0;
  readonly #asked = new Map<number, Pending<void>>();
  readonly #flushes = new Fifo<Flush>();
  readonly #unseen = new Map<number, Failure>();
  #unlisted = 0;
  /** Of those, how many are not to be told at the end. */
  #unlistedTold = 0;
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
    return this.#accepted + 1 - this.#watermark - this.#early.size;
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

  /** From now on the program wishes that what is not confirmed is dropped. */
  drop(): void {
    this.#dropping = true;
  }

  /** Whether a flush would list something. */
  get untold(): boolean {
    return this.#unseen.size > 0 || this.#unlisted > 0;
  }

  /** What the program was not told of, once. A flush that comes after all lists it even so. */
  takeUntold(): Untold | undefined {
    let count = this.#unlisted - this.#unlistedTold;
    let first: Untold['first'];
    for (const [sequence, failure] of this.#unseen) {
      if (failure.told) continue;
      failure.told = true;
      count++;
      first ??= { sequence, code: failure.native.code, message: failure.native.message };
    }
    this.#unlistedTold = this.#unlisted;
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
    this.#unseen.delete(sequence);
    return Promise.reject(errorOf(failure));
  }

  /** Settles `pending` when everything accepted so far is settled; rejects it with what failed unseen. */
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
    return sequence < this.#watermark || this.#early.has(sequence);
  }

  #newChunk(sequence: number): Chunk {
    const number = Math.floor(sequence / CHUNK_LENGTH);
    const chunk: Chunk = { settlements: this, failures: new Map() };
    this.#chunks.set(number, chunk);
    this.#current = chunk;
    this.#currentEnd = (number + 1) * CHUNK_LENGTH;
    return chunk;
  }

  #fail(sequence: number, native: NativeError): void {
    if (this.#isSettled(sequence)) return;
    const told = this.#dropping && native.code === 'NOT_CONFIRMED';
    const failure: Failure = { native, told };
    this.#chunks.get(Math.floor(sequence / CHUNK_LENGTH))?.failures.set(sequence, failure);
    if (this.#asked.has(sequence) || native.code === 'DROPPED') return;
    if (this.#unseen.size < MOST_LISTED) {
      this.#unseen.set(sequence, failure);
      return;
    }
    this.#unlisted++;
    if (told) this.#unlistedTold++;
  }

  #settleRange(first: number, last: number): void {
    if (first <= this.#watermark) {
      if (last < this.#watermark) return;
      this.#watermark = last + 1;
      if (this.#early.size > 0) this.#joinEarly(first, last);
    } else {
      for (let sequence = first; sequence <= last; sequence++) this.#early.add(sequence);
    }
    if (this.#asked.size > 0) this.#answer(first, last);
  }

  #joinEarly(first: number, last: number): void {
    // What was settled early within the range, then what follows it.
    if (this.#early.size < last - first + 1) {
      for (const sequence of this.#early) if (sequence <= last) this.#early.delete(sequence);
    } else {
      for (let sequence = first; sequence <= last; sequence++) this.#early.delete(sequence);
    }
    while (this.#early.delete(this.#watermark)) this.#watermark++;
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
    for (const [sequence, failure] of this.#unseen) {
      if (sequence > target) continue;
      failures.push({ sequence, messageId: this.messageId(sequence), error: errorOf(failure) });
      this.#unseen.delete(sequence);
    }
    const unlisted = this.#unlisted;
    this.#unlisted = 0;
    this.#unlistedTold = 0;
    if (failures.length === 0 && unlisted === 0) {
      pending.resolve();
      return;
    }
    failures.sort((a, b) => a.sequence - b.sequence);
    pending.reject(new PublishError('PUBLISH_FAILED', summary(failures, unlisted), failures));
  }
}

function errorOf(failure: Failure): Error {
  failure.error ??= fromNative(failure.native);
  return failure.error;
}

function summary(failures: readonly PublishFailure[], unlisted: number): string {
  const count = failures.length + unlisted;
  const named = failures.slice(0, NAMED_IN_MESSAGE).map(({ sequence, error }) => `#${sequence}: ${error.message}`);
  const more = count > named.length ? [`and ${count - named.length} more`] : [];
  return `${count} ${count === 1 ? 'message was' : 'messages were'} not published: ${[...named, ...more].join('; ')}`;
}
