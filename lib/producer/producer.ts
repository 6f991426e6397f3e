/** The producer. */
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { getAddon } from '../addon/addon.js';
import {
  Keep,
  type NativeAddon,
  type NativeEncodeOptions,
  type NativeProducer,
  type NativeProducerOptions,
  type NativeProducerStats,
  type NativeSendOptions,
} from '../addon/contract.js';
import { fromThrown } from '../addon/errors.js';
import { outOfRange, withCode, wrongReceiver, wrongType } from '../base/argument.js';
import { ClosedError } from '../base/errors.js';
import { isBytes, sizeOf, stableBytes, transferBytes } from '../base/memory.js';
import { Pending } from '../base/pending.js';
import type { WaitOptions } from '../base/wait-options.js';
import { readWaitOptions } from '../base/wait-options.js';
import { KeepAlive } from '../connection/keep-alive.js';
import { type ConnectionEvents, Lifecycle } from '../connection/lifecycle.js';
import { type ProducerOptions, readProducerOptions } from '../connection/producer-options.js';
import { warnIfUnauthenticated } from '../connection/tls-options.js';
import type { ImageEncoding } from '../image/formats.js';
import type { MatFields } from '../image/mat-fields.js';
import { toNativeMat, transferMat } from '../image/native-mat.js';
import { type ImageSource, readSource, type SourceMat } from '../image/sources.js';
import { EventLoopYield } from './event-loop-yield.js';
import { endGracePeriodWhenSettled, markEnded, unwatch, type WatchedProducer, watch } from './exit-warning.js';
import type { Receipt } from './receipt.js';
import {
  readSendEotOptions,
  readSendImageOptions,
  readSendOptions,
  type SendEotOptions,
  type SendImageOptions,
  type SendOptions,
} from './send-options.js';
import { Settlements } from './settlements.js';
import { type Attempt, WaitingSends } from './waiting-sends.js';

/** Figures since the producer was made. */
export interface ProducerStats extends NativeProducerStats {
  /** Sends that wait for room. */
  readonly waitingSends: number;
}

const BODY = 'a string or Uint8Array';

function noBody(body: unknown): Error {
  const isObject = typeof body === 'object' && body !== null && !isBytes(body);
  const advice = isObject ? 'sendImage() sends images; JSON.stringify() makes a string of other objects' : undefined;
  return wrongType('body', BODY, body, advice);
}

/** No queue is shared by more consumers than this; the limit keeps a mistaken number from filling the memory. */
const MAX_EOTS = 65_535;

/**
 * Sends messages to an exchange.
 *
 * Every `send*()` resolves when the internal queue has accepted the message, and waits while it is full (`whenFull`).
 * So a plain loop of `await producer.send(...)` is pipelined, and its memory is bounded. Messages leave in the order of
 * the calls. Wrong arguments reject with a `TypeError` or `RangeError` of code `INVALID_ARGUMENT`.
 *
 * A producer left open does not keep the process alive; only what the program waits for does. At the end of the program
 * unconfirmed messages get up to 5 seconds, then a warning counts them; another counts failures that were never
 * reported.
 */
export class Producer extends EventEmitter<ConnectionEvents> implements AsyncDisposable {
  /** The name given in the options. */
  readonly name: string;
  readonly #native: NativeProducer;
  readonly #lifecycle: Lifecycle;
  readonly #settlements: Settlements;
  readonly #waiting: WaitingSends;
  readonly #keepAlive: KeepAlive;
  readonly #eventLoopYield = new EventLoopYield();
  readonly #watched: WatchedProducer;
  /** Whether the addon reports each settled message at once. */
  #awaitsSettlements = true;
  /** `flushAndExit()` was called. */
  #ending = false;

  private constructor(addon: NativeAddon, options: NativeProducerOptions) {
    super();
    // A private constructor is private to TypeScript only.
    if (typeof addon?.NativeProducer !== 'function')
      throw withCode(new TypeError('expected `await Producer.connect(options)`, not `new Producer()`'));
    this.name = options.name;
    this.#native = new addon.NativeProducer(options, () => this.#wake());
    const changed = () => {
      this.#keepAlive.update();
      this.#awaitSettlements();
    };
    this.#lifecycle = new Lifecycle(this, `producer '${options.name}'`, {
      close: () => this.#native.close(),
      changed,
      closed: () => this.#closed(),
    });
    const settlements = new Settlements(changed, this.#native.instance());
    this.#settlements = settlements;
    this.#waiting = new WaitingSends((sequence) => settlements.accept(sequence), changed);
    this.#keepAlive = new KeepAlive(
      this.#native,
      () => this.#lifecycle.awaited || this.#waiting.size > 0 || settlements.awaited,
    );
    this.#watched = {
      name: options.name,
      get unsettled() {
        return settlements.unsettled;
      },
      takeUnreported: () => settlements.takeUnreported(),
    };
    this.#awaitSettlements();
    watch(this.#watched);
  }

  /**
   * Connects, logs in and declares the exchange.
   *
   * Rejects with
   * - `TypeError`, `RangeError`: an option that is unknown or wrong
   * - `ConnectionError`: no broker there, wrong password, missing virtual host, not ready within `connectTimeout`, ...
   * - `ChannelError`: the exchange exists with another type, ...
   * - `signal.reason`
   * - `MatmqError` `ADDON_NOT_LOADED`
   */
  static async connect(options: ProducerOptions = {}): Promise<Producer> {
    const { native, signal } = readProducerOptions(options);
    signal?.throwIfAborted();
    const addon = getAddon();
    warnIfUnauthenticated(native.name, native.tls);
    try {
      const producer = new Producer(addon, native);
      await producer.#lifecycle.connected(signal);
      return producer;
    } catch (error) {
      throw fromThrown(error);
    }
  }

  /** Whether it was closed (or is closing), or its connection ended for good. */
  get closed(): boolean {
    return this.#lifecycle.state !== 'open';
  }

  /**
   * Sends a text (as UTF-8) or bytes. Bytes are not copied: they belong to the producer, and must not change, until the
   * receipt's `confirmed` settles; with `copy`, until the returned promise does; with `transfer`, for good. Shared and
   * resizable memory is copied always, detached memory refused.
   *
   * Rejects with
   * - `ClosedError` after `exit()` or `flushAndExit()`, or when one of them comes while the message waits for room
   * - what ended the connection for good, if that happened
   * - `PublishError` `QUEUE_FULL` with `whenFull: 'reject'`. That it is `TOO_LARGE` is found later: see
   *   `Receipt.confirmed`
   * - `signal.reason` when the signal ends the wait for room
   */
  send(body: string | Uint8Array, options?: SendOptions): Promise<Receipt> {
    try {
      Producer.#checkReceiver(this, 'send');
      const { keep, native, signal } = readSendOptions(options);
      if (typeof body !== 'string' && !types.isUint8Array(body)) throw noBody(body);
      this.#checkOpen(signal);
      const content = keep === Keep.given && typeof body !== 'string' ? transferBytes(body, 'body') : body;
      // Without #submit: no closure where the message is accepted at once.
      if (this.#waiting.size === 0) {
        const sequence = this.#sendBody(content, keep, native);
        if (sequence !== 0) return this.#eventLoopYield.resolve(this.#settlements.accept(sequence));
      }
      return this.#waiting.add('send()', () => this.#sendBody(content, keep, native), signal);
    } catch (error) {
      return Promise.reject(fromThrown(error));
    }
  }

  /**
   * Sends an image: encoded on a native thread as `encoding` says, or as the matrix itself (`raw`, the fastest). The
   * pixels are not copied: they belong to the producer, and must not change, until the receipt's `confirmed` settles;
   * with `copy`, until the returned promise does; with `transfer`, for good. A matrix of opencv4nodejs is copied
   * always, by a thread of that package. RGB(A) sources (sharp's raw output, `ImageData`, `channelOrder: 'rgb'`) are
   * turned to BGR(A) on a native thread.
   *
   * Rejects as `send()`, and with `ImageError`
   * - `INVALID_MATRIX`: the matrix is empty
   * - `UNKNOWN_FORMAT`
   * - `CANNOT_ENCODE`: the format cannot hold this matrix
   */
  sendImage(image: ImageSource, encoding: ImageEncoding = '.png', options?: SendImageOptions): Promise<Receipt> {
    try {
      Producer.#checkReceiver(this, 'sendImage');
      const { keep, native, encode, signal } = readSendImageOptions(options);
      if (typeof encoding !== 'string') {
        const advice = "options come after it, as in sendImage(image, '.jpg', { quality: 90 })";
        throw wrongType('encoding', "a name such as '.png' or 'raw'", encoding, advice);
      }
      this.#checkOpen(signal);
      const source = readSource(image);
      const attempt = ({ mat, channelOrder }: SourceMat, how: Keep): Attempt => {
        const order = encode?.channelOrder ?? channelOrder;
        const full = order === 'rgb' ? { ...encode, channelOrder: order } : encode;
        const fields = how === Keep.given ? transferMat(mat) : mat;
        return () => this.#sendMat(fields, how, encoding, full, native);
      };
      // The copy belongs to the producer, whatever the options say of the original.
      if (source instanceof Promise) {
        return this.#submitWhenReady(
          source.then((copied) => attempt(copied, Keep.held)),
          signal,
        );
      }
      return this.#submit('sendImage()', attempt(source, keep), signal);
    } catch (error) {
      return Promise.reject(fromThrown(error));
    }
  }

  /**
   * Says that nothing follows, to `consumers` consumers of one queue (1 to 65535): the iteration of each ends. Resolves
   * to one receipt for each. Rejects as `send()`.
   */
  async sendEOT(consumers = 1, options?: SendEotOptions): Promise<readonly Receipt[]> {
    Producer.#checkReceiver(this, 'sendEOT');
    const expected = `an integer from 1 to ${MAX_EOTS}`;
    if (typeof consumers !== 'number') throw wrongType('consumers', expected, consumers);
    if (!Number.isInteger(consumers) || consumers < 1 || consumers > MAX_EOTS) {
      throw outOfRange('consumers', expected, consumers);
    }
    const { native, signal } = readSendEotOptions(options);
    this.#checkOpen(signal);
    const attempt: Attempt = () => this.#native.sendEot(native);
    return Promise.all(Array.from({ length: consumers }, () => this.#submit('sendEOT()', attempt, signal)));
  }

  /**
   * Waits until the broker has all that was sent so far, the sends that still wait for room included.
   *
   * Rejects with
   * - `PublishError` `PUBLISH_FAILED` once all is settled, if messages failed and nobody read their receipt's
   *   `confirmed`: `failures` lists them. Each failure is listed once
   * - `signal.reason`; `MatmqError` `TIMEOUT`. The messages stay on their way
   */
  flush(options?: WaitOptions): Promise<void> {
    try {
      Producer.#checkReceiver(this, 'flush');
      const limits = readWaitOptions(options);
      limits.signal?.throwIfAborted();
      const pending = new Pending<void>(limits, () => `${this.#settlements.unsettled} messages are not confirmed`);
      if (this.#waiting.size === 0) {
        this.#settlements.flush(pending);
      } else {
        pending.onGivenUp = this.#waiting.afterThese(() => this.#settlements.flush(pending));
      }
      return pending.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Closes at once: what is still queued or not confirmed is dropped, and its receipts reject with `NOT_CONFIRMED`. A
   * process warning, `MATMQ_PUBLISH_FAILED`, counts messages that had failed before and that no flush has listed.
   * Resolves when closed, within 5 seconds whatever the broker does. Calling it again is harmless.
   */
  async exit(): Promise<void> {
    Producer.#checkReceiver(this, 'exit');
    if (this.#lifecycle.state === 'closed') unwatch(this.#watched);
    else this.#settlements.drop();
    const closed = this.#lifecycle.exit();
    if (this.#waiting.size > 0) this.#waiting.rejectAll(() => this.#lifecycle.refusal());
    return closed;
  }

  /**
   * `flush()`, then `exit()`, which comes also when the flush fails or is given up. Sends after this call are refused.
   * Rejects as `flush()`, when closed.
   */
  async flushAndExit(options?: WaitOptions): Promise<void> {
    Producer.#checkReceiver(this, 'flushAndExit');
    readWaitOptions(options);
    const flushed = this.flush(options);
    this.#ending = true;
    try {
      await flushed;
    } finally {
      await this.exit();
    }
  }

  /** Figures since the producer was made. */
  stats(): ProducerStats {
    Producer.#checkReceiver(this, 'stats');
    return { ...this.#native.stats(), waitingSends: this.#waiting.size };
  }

  /**
   * `await using` never drops a message: it is `flushAndExit()`, also when the block ends with an error. Call `exit()`
   * before for an end that does not wait.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.flushAndExit();
  }

  static #checkReceiver(value: unknown, method: string): void {
    if (typeof value !== 'object' || value === null || !(#native in value))
      throw wrongReceiver(method, 'Producer', value);
  }

  #submit(method: string, attempt: Attempt, signal: AbortSignal | undefined): Promise<Receipt> {
    try {
      if (this.#waiting.size === 0) {
        const sequence = attempt();
        if (sequence !== 0) return this.#eventLoopYield.resolve(this.#settlements.accept(sequence));
      }
      return this.#waiting.add(method, attempt, signal);
    } catch (error) {
      return Promise.reject(fromThrown(error));
    }
  }

  /** Keeps the message's place in the order until its pixels have been copied. */
  #submitWhenReady(copying: Promise<Attempt>, signal: AbortSignal | undefined): Promise<Receipt> {
    let attempt: Attempt = () => 0;
    const receipt = this.#waiting.add('sendImage()', () => attempt(), signal);
    const ready = (next: Attempt) => {
      attempt = next;
      this.#waiting.retry();
    };
    copying.then(ready, (error: unknown) =>
      ready(() => {
        throw error;
      }),
    );
    return receipt;
  }

  #sendBody(body: string | Uint8Array, keep: Keep, options: NativeSendOptions | undefined): number {
    this.#eventLoopYield.count(typeof body === 'string' ? body.length : sizeOf(body));
    return typeof body === 'string'
      ? this.#native.sendText(body, options)
      : this.#native.sendBytes(stableBytes(body, 'body'), keep, options);
  }

  #sendMat(
    mat: MatFields,
    keep: Keep,
    encoding: ImageEncoding,
    encode: NativeEncodeOptions | undefined,
    options: NativeSendOptions | undefined,
  ): number {
    const { rows, cols, type, step, data } = toNativeMat(mat);
    this.#eventLoopYield.count(data.byteLength);
    return this.#native.sendImage(rows, cols, type, step, data, keep, encoding, encode, options);
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    if (this.#lifecycle.state !== 'open') throw this.#lifecycle.refusal();
    if (this.#ending) throw new ClosedError(`producer '${this.name}' is closing: flushAndExit() was called`);
    signal?.throwIfAborted();
  }

  #awaitSettlements(): void {
    const { awaited } = this.#settlements;
    if (awaited === this.#awaitsSettlements) return;
    this.#awaitsSettlements = awaited;
    this.#native.awaitSettlements(awaited);
  }

  #wake(): void {
    const { settled, failures, events, roomAgain } = this.#native.collect();
    if (settled !== undefined) {
      this.#settlements.settle(settled, failures);
      endGracePeriodWhenSettled();
    }
    if (events !== undefined) this.#lifecycle.dispatch(events);
    if (roomAgain) this.#waiting.retry();
  }

  #closed(): void {
    this.#waiting.rejectAll(() => this.#lifecycle.refusal());
    const message = `closed before the broker confirmed the message: ${this.#lifecycle.refusal().message}`;
    this.#settlements.failRest({ kind: 'publish', code: 'NOT_CONFIRMED', message, replyCode: 0 });
    if (this.#lifecycle.failed && this.#settlements.hasListable) markEnded(this.#watched);
    else unwatch(this.#watched);
  }
}
