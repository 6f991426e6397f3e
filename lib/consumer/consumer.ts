/** The consumer. */
import { EventEmitter } from 'node:events';
import { getAddon } from '../addon/addon.js';
import type { NativeAddon, NativeConsumer, NativeConsumerOptions, NativeConsumerStats } from '../addon/contract.js';
import { fromThrown } from '../addon/errors.js';
import { withCode, wrongReceiver } from '../base/argument.js';
import { readWaitOptions, type WaitOptions } from '../base/wait-options.js';
import { type ConsumerOptions, readConsumerOptions } from '../connection/consumer-options.js';
import { KeepAlive } from '../connection/keep-alive.js';
import { type ConnectionEvents, Lifecycle } from '../connection/lifecycle.js';
import { warnIfUnauthenticated } from '../connection/tls-options.js';
import { withCancellation } from '../image/cancellable.js';
import type { Decode } from '../image/options.js';
import { Delivery } from './delivery.js';
import type { Message, MessageSource, ReceivedImage } from './message.js';
import {
  type ImagesOptions,
  type MessagesOptions,
  type ReceiveImageOptions,
  type ReceiveOptions,
  readImagesOptions,
  readMessagesOptions,
  readReceiveImageOptions,
} from './receive-options.js';
import { ReceiveQueue } from './receive-queue.js';
import { ReceivedIterator } from './received-iterator.js';

/** Figures since the consumer was made. */
export interface ConsumerStats extends NativeConsumerStats {
  /** Messages taken from the native inbox and not handed out. */
  readonly lookAhead: number;
}

/**
 * Receives messages from a queue.
 *
 * With `ack: 'auto'`, a message is acknowledged when the program comes back for the next one (calls `receive()` or
 * `receiveImage()`, or the iteration goes on) or calls `exit()`. A program that receives several messages at a time
 * and works on them in parallel needs `ack: 'manual'`. Messages that were received and not acknowledged go back to the
 * queue when the consumer ends, however it ends.
 *
 * A consumer left open does not keep the process alive; a receive that waits does.
 */
export class Consumer extends EventEmitter<ConnectionEvents> implements AsyncDisposable {
  /** The name given in the options. */
  readonly name: string;
  readonly #native: NativeConsumer;
  readonly #ackMode: NativeConsumerOptions['ack'];
  readonly #lifecycle: Lifecycle;
  readonly #receiveQueue: ReceiveQueue;
  readonly #keepAlive: KeepAlive;
  /** The last message the program got, not acknowledged yet (`auto`). */
  #handedOut: Delivery | undefined;
  #ended = false;

  private constructor(addon: NativeAddon, options: NativeConsumerOptions) {
    super();
    // A private constructor is private to TypeScript only.
    if (typeof addon?.NativeConsumer !== 'function')
      throw withCode(new TypeError('expected `await Consumer.connect(options)`, not `new Consumer()`'));
    this.name = options.name;
    this.#ackMode = options.ack;
    const native = new addon.NativeConsumer(options, () => this.#wake());
    this.#native = native;
    const decode: MessageSource['decode'] = async ({ encodedProperties, body }, options) =>
      native.decode(encodedProperties, body, options);
    const changed = () => this.#keepAlive.update();
    this.#lifecycle = new Lifecycle(this, `consumer '${options.name}'`, {
      close: () => native.close(),
      changed,
      closed: () => this.#closed(),
    });
    this.#receiveQueue = new ReceiveQueue({
      ackMode: options.ack,
      take: (maxMessages, maxBytes) => native.take(maxMessages, maxBytes, Delivery.all),
      codecThreads: () => addon.codecThreads(),
      properties: (encoded) => native.properties(encoded),
      decode,
      startDecode: (message, options) => {
        const cancellation = addon.newCancellation();
        return {
          mat: decode(message, withCancellation(options, cancellation)),
          cancel: () => addon.cancel(cancellation),
        };
      },
      release: (bytes) => addon.release(bytes),
      acknowledge: (message) => this.#lifecycle.state === 'open' && native.acknowledge(message.number, false),
      reject: (message, requeue) => this.#lifecycle.state === 'open' && native.reject(message.number, requeue),
      handedOut: (message) => this.#received(message),
      changed,
    });
    this.#keepAlive = new KeepAlive(native, () => this.#lifecycle.awaited || this.#receiveQueue.awaited);
  }

  /**
   * Connects, logs in, declares exchange and queue, binds and subscribes.
   *
   * Rejects with
   * - `TypeError`, `RangeError`: an option that is unknown or wrong
   * - `ConnectionError`: no broker there, wrong password, missing virtual host, not ready within `connectTimeout`, ...
   * - `ChannelError`: the exchange or queue exists with other properties, ...
   * - `signal.reason`
   * - `MatmqError` `ADDON_NOT_LOADED`
   */
  static async connect(options: ConsumerOptions = {}): Promise<Consumer> {
    const { native, signal } = readConsumerOptions(options);
    signal?.throwIfAborted();
    const addon = getAddon();
    warnIfUnauthenticated(native.name, native.tls);
    try {
      const consumer = new Consumer(addon, native);
      await consumer.#lifecycle.connected(signal);
      return consumer;
    } catch (error) {
      throw fromThrown(error);
    }
  }

  /** Whether it was closed (or is closing), or its connection ended for good. */
  get closed(): boolean {
    return this.#lifecycle.state !== 'open';
  }

  /** The name of the queue; that of a temporary queue comes from the broker and is another after a reconnect. */
  get queueName(): string {
    return this.#native.sourceName();
  }

  /**
   * Waits for the next message.
   *
   * Rejects with
   * - `EndOfTransmission`: the producer said that nothing follows; a later `receive()` waits for what follows even so
   * - `signal.reason`; `MatmqError` `TIMEOUT`. No message is lost: the next receive gets it
   * - `ClosedError` after `exit()`, or when it comes meanwhile
   * - what ended the connection for good, once the messages that had arrived before are handed out
   */
  receive(options?: ReceiveOptions): Promise<Message> {
    try {
      Consumer.#checkReceiver(this, 'receive');
      return this.#next(readWaitOptions(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Waits for the next message, and decodes it on a native thread, as `Message.image()` does. The next few are decoded
   * ahead, on as many threads as there are (`codecThreads()`).
   *
   * Rejects as `receive()`, and with `ImageError` when the message is no image or damaged: `error.received` is the
   * message, and the next `receiveImage()` gets the next one. With `ack: 'auto'` the bad one is acknowledged then.
   */
  receiveImage(options?: ReceiveImageOptions): Promise<ReceivedImage> {
    try {
      Consumer.#checkReceiver(this, 'receiveImage');
      const { limits, decode } = readReceiveImageOptions(options);
      return this.#nextImage(decode, limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Iterates over the messages until the end of transmission. `break` leaves the last one unacknowledged until the
   * program comes back for more, by any way, or exits.
   *
   * The iteration throws as `receive()` rejects; the end of transmission, and an `exit()` that comes meanwhile, end it
   * in silence. One that begins after `exit()` throws `ClosedError`.
   */
  messages(options?: MessagesOptions): AsyncIterableIterator<Message, undefined> {
    Consumer.#checkReceiver(this, 'messages');
    const { reuse, limits } = readMessagesOptions(options);
    return new ReceivedIterator({
      reuse,
      isOpen: () => !this.#ended,
      receiveNow: () => this.#nextNow(limits),
      receive: (owner) => this.#next(limits, owner),
      cancel: (owner, reason) => this.#receiveQueue.cancel(owner, reason),
    });
  }

  /**
   * Iterates over the images until the end of transmission, as `messages()` does.
   *
   * A message that is no image throws an `ImageError`, which ends the loop, but neither the iterator nor the consumer:
   * loop over the same iterator, or over a new one, to go on with the next message.
   */
  images(options?: ImagesOptions): AsyncIterableIterator<ReceivedImage, undefined> {
    Consumer.#checkReceiver(this, 'images');
    const { reuse, limits, decode } = readImagesOptions(options);
    return new ReceivedIterator({
      reuse,
      isOpen: () => !this.#ended,
      receive: (owner) => this.#nextImage(decode, limits, owner),
      cancel: (owner, reason) => this.#receiveQueue.cancel(owner, reason),
    });
  }

  /**
   * Closes. With `ack: 'auto'`, what the program got is acknowledged; everything else goes back to the queue. Resolves
   * when closed, within 5 seconds whatever the broker does. Calling it again is harmless.
   */
  async exit(): Promise<void> {
    Consumer.#checkReceiver(this, 'exit');
    this.#acknowledgeHandedOut();
    return this.#exit();
  }

  /** Figures since the consumer was made. */
  stats(): ConsumerStats {
    Consumer.#checkReceiver(this, 'stats');
    return { ...this.#native.stats(), lookAhead: this.#receiveQueue.size };
  }

  /**
   * `await using` closes without acknowledging the message in hand, because the block may have ended with an error: it
   * goes back to the queue. Call `exit()` at the end of the block to acknowledge it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    Consumer.#checkReceiver(this, 'Symbol.asyncDispose');
    return this.#exit();
  }

  static #checkReceiver(value: unknown, method: string): void {
    if (typeof value !== 'object' || value === null || !(#native in value))
      throw wrongReceiver(method, 'Consumer', value);
  }

  #exit(): Promise<void> {
    this.#ended = true;
    const closed = this.#lifecycle.exit();
    this.#handedOut = undefined;
    this.#receiveQueue.discard(() => this.#lifecycle.refusal());
    return closed;
  }

  #next(limits: WaitOptions, owner?: object): Promise<Message> {
    return this.#beginReceive(limits.signal) ?? this.#receiveQueue.next(limits, owner);
  }

  /** The next message, if it is here: without a promise of its own. */
  #nextNow(limits: WaitOptions): Message | undefined {
    if (this.#ended || limits.signal?.aborted) return undefined;
    this.#acknowledgeHandedOut();
    return this.#receiveQueue.nextNow();
  }

  #nextImage(decode: Decode, limits: WaitOptions, owner?: object): Promise<ReceivedImage> {
    return this.#beginReceive(limits.signal) ?? this.#receiveQueue.nextImage(decode, limits, owner);
  }

  /** The program asks for the next message, so it is done with the last. Returns a rejection if it cannot have one. */
  #beginReceive(signal: AbortSignal | undefined): Promise<never> | undefined {
    if (this.#ended) return Promise.reject(this.#lifecycle.refusal());
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#acknowledgeHandedOut();
    return undefined;
  }

  #acknowledgeHandedOut(): void {
    if (this.#handedOut === undefined) return;
    if (this.#lifecycle.state === 'open') this.#native.acknowledge(this.#handedOut.number, true);
    this.#handedOut = undefined;
  }

  #received(message: Delivery): void {
    if (message.isEot) {
      // Not up to it: the program may still work on messages that were handed out before.
      if (this.#ackMode !== 'none' && this.#lifecycle.state === 'open') this.#native.acknowledge(message.number, false);
    } else if (this.#ackMode === 'auto') {
      this.#handedOut = message;
    }
  }

  #wake(): void {
    const { events } = this.#native.collect();
    if (events !== undefined) this.#lifecycle.dispatch(events);
    this.#receiveQueue.serve();
  }

  #closed(): void {
    if (this.#lifecycle.failed) this.#receiveQueue.finish(() => this.#lifecycle.refusal());
  }
}
