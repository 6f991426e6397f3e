/**
 * The messages that a consumer has received, and the receives that wait for them: the first message goes to the first
 * waiting receive.
 *
 * 1. Messages are taken from the addon in batches, one batch in a turn of the event loop, so that other work runs.
 *    After a batch, an immediate looks for more; the addon wakes JavaScript only after it had nothing.
 * 2. A message stays in the look-ahead until it is handed out, also while it is decoded. So a receive that is given up
 *    loses no message, and the order is kept.
 * 3. While the program asks for images, the next few are decoded ahead, as many as there are codec threads.
 */

import { EndOfTransmission } from '../base/errors.js';
import { Fifo } from '../base/fifo.js';
import { Pending } from '../base/pending.js';
import type { WaitOptions } from '../base/wait-options.js';
import type { Decode } from '../image/options.js';
import type { Delivery } from './delivery.js';
import { type BufferedMessage, LookAhead, type StartDecode } from './look-ahead.js';
import { Message, type MessageSource, ReceivedImage } from './message.js';
import { errorAbout, thrownAbout } from './message-errors.js';

const BATCH_MESSAGES = 64;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Bodies beyond this are not taken for decoding ahead. */
const DECODE_AHEAD_BYTES = 16 * 1024 * 1024;

type Waiter = { readonly owner: object | undefined } & (
  | { readonly decode: undefined; readonly pending: Pending<Message> }
  | { readonly decode: Decode; readonly pending: Pending<ReceivedImage> }
);

/** What the queue needs of its consumer. */
export interface ReceiveQueueHost extends MessageSource {
  /** Nothing when there is none. */
  take(maxMessages: number, maxBytes: number): readonly Delivery[] | undefined;
  codecThreads(): number;
  startDecode: StartDecode;
  /** The message is with the program now. */
  handedOut(message: Delivery): void;
  /** The program begins or stops to wait. */
  changed(): void;
}

export class ReceiveQueue {
  readonly #host: ReceiveQueueHost;
  readonly #ahead = new LookAhead();
  readonly #waiters = new Fifo<Waiter>();
  readonly #startDecode: StartDecode;
  readonly #serveAgain = () => this.serve();
  /** The options of the last receive of an image; undefined when a receive of a message came after it. */
  #imageMode: Decode | undefined;
  #codecThreads = 0;
  #tookThisTurn = false;
  /** Set when no message will be added: makes the error of each receive that still waits. */
  #end: (() => Error) | undefined;
  #discarded = false;

  constructor(host: ReceiveQueueHost) {
    this.#host = host;
    this.#startDecode = (message, options) => host.startDecode(message, options);
  }

  /** Whether the program waits for a message. */
  get awaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Messages taken from the addon and not handed out. */
  get size(): number {
    return this.#ahead.size;
  }

  next(limits: WaitOptions, owner?: object): Promise<Message> {
    const message = this.nextNow();
    if (message !== undefined) return Promise.resolve(message);
    const pending = new Pending<Message>(limits, () => 'no message came');
    this.#wait({ pending, decode: undefined, owner });
    return pending.promise;
  }

  /** The first message, if it can be handed out at once: nobody waits before, and no error stands in for it. */
  nextNow(): Message | undefined {
    this.#imageMode = undefined;
    if (this.#waiters.size > 0) return undefined;
    const message = this.#first()?.message;
    if (message === undefined || message.isEot || message.error !== undefined) return undefined;
    this.#ahead.shift();
    return this.#handOut(message);
  }

  nextImage(decode: Decode, limits: WaitOptions, owner?: object): Promise<ReceivedImage> {
    this.#imageMode = decode;
    this.#codecThreads = this.#host.codecThreads();
    const state = () =>
      this.#ahead.size > 0 ? 'the image is being decoded, and the next receive gets it' : 'no image came';
    const pending = new Pending<ReceivedImage>(limits, state);
    this.#wait({ pending, decode, owner });
    return pending.promise;
  }

  /** Ends the receives of `owner`. */
  cancel(owner: object, reason: unknown): void {
    for (const waiter of [...this.#waiters]) if (waiter.owner === owner) waiter.pending.giveUp(reason);
  }

  /** Hands out messages to the receives that wait. To be called when the addon has messages. */
  serve(): void {
    for (let waiter = this.#waiters.first; waiter !== undefined; waiter = this.#waiters.first) {
      const ahead = this.#first();
      if (ahead === undefined || !this.#serveOne(waiter, ahead)) break;
    }
    if (this.#end !== undefined && this.#ahead.size === 0 && !this.#tookThisTurn) this.#rejectAll(this.#end);
    this.#decodeAhead();
    this.#host.changed();
  }

  /** No more messages will come: hands out the rest, then rejects the receives that wait. */
  finish(makeError: () => Error): void {
    this.#end = makeError;
    this.#imageMode = undefined;
    this.serve();
  }

  /** Drops the messages, and rejects the receives that wait. */
  discard(makeError: () => Error): void {
    this.#discarded = true;
    this.#end = makeError;
    this.#imageMode = undefined;
    this.#ahead.discard();
    this.#rejectAll(makeError);
    this.#host.changed();
  }

  #wait(waiter: Waiter): void {
    const node = this.#waiters.push(waiter);
    waiter.pending.onGivenUp = () => {
      this.#waiters.remove(node);
      this.serve();
    };
    this.serve();
  }

  #first(): BufferedMessage | undefined {
    return this.#ahead.first ?? (this.#take() ? this.#ahead.first : undefined);
  }

  #take(): boolean {
    if (this.#tookThisTurn || this.#discarded) return false;
    do {
      const batch = this.#host.take(BATCH_MESSAGES, BATCH_BYTES);
      if (batch === undefined) break;
      for (const message of batch) this.#ahead.push(message);
      this.#tookThisTurn = true;
    } while (this.#wantsMoreToDecode());
    if (this.#tookThisTurn) {
      setImmediate(() => {
        this.#tookThisTurn = false;
        this.serve();
      });
    }
    return this.#tookThisTurn;
  }

  #serveOne(waiter: Waiter, { message }: BufferedMessage): boolean {
    const refusal = this.#refusal(message);
    if (refusal !== undefined) {
      this.#shift();
      waiter.pending.reject(refusal);
      return true;
    }
    if (waiter.decode === undefined) {
      this.#shift();
      waiter.pending.resolve(this.#handOut(message));
      return true;
    }
    const decoded = this.#ahead.first?.decoded(waiter.decode, this.#startDecode, this.#serveAgain);
    if (decoded === undefined) return false;
    this.#shift();
    const envelope = this.#handOut(message);
    try {
      if ('error' in decoded) throw decoded.error;
      waiter.pending.resolve(new ReceivedImage(decoded.mat, envelope));
    } catch (error) {
      waiter.pending.reject(thrownAbout(envelope, error));
    }
    return true;
  }

  #shift(): void {
    this.#waiters.shift();
    this.#ahead.shift();
  }

  #handOut(message: Delivery): Message {
    this.#host.handedOut(message);
    return new Message(message, this.#host);
  }

  /** The error that stands in for a message: it is an end of transmission, or its body was refused. */
  #refusal(message: Delivery): Error | undefined {
    if (message.isEot) return new EndOfTransmission('the producer said that nothing follows', this.#handOut(message));
    const refused = message.error;
    return refused && errorAbout(this.#handOut(message), refused);
  }

  #wantsMoreToDecode(): boolean {
    return (
      this.#imageMode !== undefined && this.#ahead.size < this.#codecThreads && this.#ahead.bytes < DECODE_AHEAD_BYTES
    );
  }

  #decodeAhead(): void {
    if (this.#imageMode === undefined) return;
    if (this.#wantsMoreToDecode()) this.#take();
    // The n-th message goes to the n-th waiting receive, and is decoded with its options.
    const waiters = this.#waiters[Symbol.iterator]();
    for (let i = 0; i < Math.min(this.#codecThreads, this.#ahead.size); i++) {
      const waiter = waiters.next();
      const decode = waiter.done ? this.#imageMode : waiter.value.decode;
      const ahead = this.#ahead.at(i);
      if (decode !== undefined && ahead?.message.isEot === false && ahead.message.size > 0) {
        ahead.decoded(decode, this.#startDecode, this.#serveAgain);
      }
    }
  }

  #rejectAll(makeError: () => Error): void {
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      waiter.pending.reject(makeError());
    }
  }
}
