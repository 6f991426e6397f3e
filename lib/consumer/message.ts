/** A received message, and a received image, which are one file because each has the other. */
import { inspect } from 'node:util';
import type { NativeDecodeOptions, NativeMat, NativeProperties } from '../addon/contract.js';
import { wrongReceiver } from '../base/argument.js';
import { MatmqError } from '../base/errors.js';
import { boolean } from '../base/readers.js';
import type { AckMode } from '../connection/consumer-options.js';
import { cancellable, withCancellation } from '../image/cancellable.js';
import { Mat, markDamaged, pixelsToRelease } from '../image/mat.js';
import { fromNativeMat } from '../image/native-mat.js';
import { type ImageOptions, readImageOptions } from '../image/options.js';
import { flatProperties, type MessageProperties } from './amqp-properties.js';
import type { Delivery } from './delivery.js';
import { thrownAbout } from './message-errors.js';

/** The kind of a message by its properties; `unmarked` when no MatMQ program sent it. */
export type MessageType = 'unmarked' | 'text' | 'binary' | 'image' | 'eot';

const TYPES: readonly MessageType[] = ['text', 'binary', 'image', 'eot'];

/** What a message needs of its consumer. */
export interface MessageSource {
  readonly ackMode: AckMode;
  acknowledge(message: Delivery): boolean;
  reject(message: Delivery, requeue: boolean): boolean;
  properties(encoded: string): NativeProperties;
  decode(message: Delivery, options: NativeDecodeOptions): Promise<NativeMat>;
  release(bytes: Uint8Array): void;
}

/** A message from a queue. Its properties are read when they are first used. */
export class Message implements Disposable {
  readonly #delivery: Delivery;
  readonly #source: MessageSource;
  #properties: MessageProperties | undefined;
  #settled = false;
  #released = false;

  constructor(delivery: Delivery, source: MessageSource) {
    this.#delivery = delivery;
    this.#source = source;
  }

  /**
   * The body, over the memory it was received into: not copied, the same array each time.
   * @throws MatmqError `RELEASED` after `release()`
   */
  get body(): Uint8Array {
    this.#mustHaveBody();
    return this.#delivery.body;
  }

  /** Bytes of the body. */
  get size(): number {
    return this.#delivery.size;
  }

  /**
   * The body as UTF-8.
   * @throws MatmqError `RELEASED` after `release()`
   */
  text(): string {
    Message.#checkReceiver(this, 'text');
    const { buffer, byteOffset, byteLength } = this.body;
    return Buffer.from(buffer, byteOffset, byteLength).toString();
  }

  /**
   * The body as an image, decoded on a native thread: PNG, JPEG, WebP or BMP (or what `formats`
   * says) by its first bytes, a raw matrix by its headers. The process stays alive meanwhile.
   *
   * Rejects with
   * - `ImageError` `NOT_AN_IMAGE`, `CANNOT_DECODE`, `LIMIT_EXCEEDED`, `CODEC_MISSING`
   * - `TypeError`, `RangeError`: a wrong option
   * - `signal.reason`
   * - `MatmqError` `RELEASED` after `release()`
   */
  async image(options?: ImageOptions): Promise<ReceivedImage> {
    Message.#checkReceiver(this, 'image');
    const { decode, signal } = readImageOptions(options);
    this.#mustHaveBody();
    signal?.throwIfAborted();
    try {
      const mat = await cancellable(signal, (end) =>
        this.#source.decode(this.#delivery, withCancellation(decode, end)),
      );
      if (mat.data.byteLength === 0) this.#mustHaveBody(); // a raw matrix, released meanwhile
      return new ReceivedImage(mat, this);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw thrownAbout(this, error);
    }
  }

  get properties(): MessageProperties {
    this.#properties ??= flatProperties(this.#source.properties(this.#delivery.encodedProperties));
    return this.#properties;
  }

  get type(): MessageType {
    const { type } = this.properties;
    if (type === 'eot' && !this.isEot) return 'unmarked'; // what says so and has another body
    return TYPES.find((known) => known === type) ?? 'unmarked';
  }

  /** Whether it is an end of transmission, as `EndOfTransmission.received` is. */
  get isEot(): boolean {
    return this.#delivery.isEot;
  }

  /** The exchange it was published to. */
  get exchange(): string {
    return this.#delivery.origin;
  }

  get routingKey(): string {
    return this.#delivery.key;
  }

  /** Whether the broker had handed it out before, perhaps to a program that did not acknowledge it. */
  get redelivered(): boolean {
    return this.#delivery.redelivered;
  }

  /** From MatMQ it is `<instance>-<n>`: the producer's random id and the message's number. A duplicate has the same. */
  get messageId(): string | undefined {
    return this.properties.messageId;
  }

  /** The producer's name, when MatMQ sent it. */
  get appId(): string | undefined {
    return this.properties.appId;
  }

  /** When MatMQ accepted it for sending. The header `sent-at` has the microseconds. */
  get sentAt(): Date | undefined {
    const sentAt = this.properties.headers?.['sent-at'];
    return typeof sentAt === 'number' || typeof sentAt === 'bigint' ? new Date(Number(sentAt) / 1000) : undefined;
  }

  /**
   * Acknowledges the message: the broker forgets it. For `ack: 'manual'`.
   * @returns false when the connection that delivered it is gone: the message will come again
   * @throws MatmqError `ACK_NOT_MANUAL`; `ALREADY_SETTLED` after `ack()` or `nack()`
   */
  ack(): boolean {
    Message.#checkReceiver(this, 'ack');
    this.#settle('ack');
    return this.#source.acknowledge(this.#delivery);
  }

  /**
   * Rejects the message: it goes back to the queue, or, without `requeue`, to the queue's dead-letter exchange if it
   * has one. A stream keeps its messages: there it says the same as `ack()`. For `ack: 'manual'`.
   * @returns false when the connection that delivered it is gone: the message will come again
   * @throws MatmqError `ACK_NOT_MANUAL`; `ALREADY_SETTLED` after `ack()` or `nack()`
   */
  nack(requeue = true): boolean {
    boolean(requeue, 'requeue');
    Message.#checkReceiver(this, 'nack');
    this.#settle('nack');
    return this.#source.reject(this.#delivery, requeue);
  }

  /**
   * Gives the memory of the body back now. Without it, that happens when JavaScript's garbage collector finds the body
   * unused, which for large bodies is several messages later: a stream of 4K frames lives in two buffers instead of
   * seven, and collects nothing. The array that `body` was is empty from then on, and a raw image over it is gone; a
   * file being decoded and a send of the body under way are not disturbed. The rest of the message stays. May be called
   * twice.
   */
  release(): void {
    Message.#checkReceiver(this, 'release');
    this.#releaseBytes(this.#delivery.body);
    this.#released = true;
  }

  /** `using message = await consumer.receive()` releases it at the end of the block. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal Of an image of the message: its pixels, too. */
  releaseWith(pixels: ArrayBufferView): void {
    this.release();
    if (pixels.byteLength > 0) this.#releaseBytes(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
  }

  /** What `console.log` shows. */
  [inspect.custom](): object {
    const { type, size, exchange, routingKey, redelivered, properties } = this;
    return { type, size, exchange, routingKey, redelivered, properties };
  }

  static #checkReceiver(value: unknown, method: string): void {
    if (typeof value !== 'object' || value === null || !(#delivery in value))
      throw wrongReceiver(method, 'Message', value);
  }

  #releaseBytes(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#source.release(bytes);
  }

  #mustHaveBody(): void {
    const { body, size } = this.#delivery;
    if (!this.#released && body.byteLength === size) return;
    const reason = this.#released ? 'it was released' : 'its memory was given away (postMessage, structuredClone)';
    throw new MatmqError('RELEASED', `expected a message that has its body, but ${reason}: take what is needed before`);
  }

  #settle(verb: string): void {
    const { ackMode } = this.#source;
    if (ackMode !== 'manual') {
      throw new MatmqError(
        'ACK_NOT_MANUAL',
        `cannot ${verb} a message of a consumer with ack '${ackMode}': use ack 'manual'`,
      );
    }
    // An end of transmission was acknowledged when it was handed out.
    if (this.#settled || this.isEot) {
      throw new MatmqError('ALREADY_SETTLED', `cannot ${verb} a message twice: it was acknowledged or rejected before`);
    }
    this.#settled = true;
  }
}

/** A `Mat` with the message it came in. A raw matrix is a view into the message's body. */
export class ReceivedImage extends Mat implements Disposable {
  /** The envelope: properties, routing key, `ack()`, `nack()`, ... */
  readonly message: Message;

  constructor(native: NativeMat, message: Message) {
    const { rows, cols, type, step, data } = fromNativeMat(native);
    super(rows, cols, type, data, step);
    if (native.damaged) markDamaged(this);
    this.message = message;
  }

  /**
   * Gives the memory of the pixels and of the message's body back now, instead of when JavaScript's garbage collector
   * finds them unused. `data` and `message.body` are gone from then on. May be called twice.
   */
  release(): void {
    this.message.releaseWith(pixelsToRelease(this));
  }

  override [inspect.custom](): object {
    return { ...super[inspect.custom](), message: this.message };
  }

  /** `using image = await consumer.receiveImage()` releases it at the end of the block. */
  [Symbol.dispose](): void {
    this.release();
  }
}
