/**
 * The addon as TypeScript sees it: the one place that names its functions. Nothing here validates; lib/ does that
 * before it calls.
 *
 * Rules
 * 1. Nothing blocks. Failures of the moment throw a `NativeError`; later ones come in a report.
 * 2. `wake` is called on the JavaScript thread, once for everything that gathered since the last `collect()`.
 * 3. A producer or consumer keeps the process alive only while `ref()` was called (it counts nothing: ref/unref are a
 *    switch).
 */

import type { FieldValue } from '../base/field-table.js';
import type {
  NativeAmqpConsumerOptions,
  NativeAmqpProducerOptions,
  NativeAmqpProperties,
  NativeAmqpSendOptions,
} from './amqp-contract.js';

/** What the addon throws (as properties of an Error) and reports (as a plain object). */
export interface NativeError {
  readonly kind:
    | 'connection'
    | 'channel'
    | 'publish'
    | 'image'
    | 'message'
    | 'endOfTransmission'
    | 'closed'
    | 'timeout'
    | 'argument'
    | 'internal';
  /** Upper-case code, one of `NativeAddon.errorCodes()`. */
  readonly code: string;
  readonly message: string;
  /** The broker's reply code, 0 where it gave none. */
  readonly replyCode: number;
}

export interface NativeEvent {
  readonly kind: 'connected' | 'disconnected' | 'reconnecting' | 'blocked' | 'unblocked' | 'closed';
  readonly peer: string;
  readonly reason: string;
  readonly error?: NativeError;
  /** Milliseconds until the next try (`reconnecting`). */
  readonly delay: number;
  readonly attempt: number;
}

/** The properties of a message that every broker carries. */
export interface NativeMessageProperties {
  contentType?: string;
  contentEncoding?: string;
  headers?: { readonly [name: string]: FieldValue };
  correlationId?: string;
  replyTo?: string;
  messageId?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  type?: string;
  appId?: string;
}

/** The properties of a received message. */
export interface NativeProperties extends NativeMessageProperties {
  /** Those that AMQP alone has; missing where it brought none. */
  amqp?: NativeAmqpProperties;
}

/** What one send adds to the producer's options. */
export interface NativeSendOptions {
  readonly amqp?: NativeAmqpSendOptions;
  readonly properties?: NativeMessageProperties;
}

export interface NativeProducerReport {
  /** first0, last0, first1, last1, ...: inclusive ranges of sequence numbers that are settled. */
  readonly settled?: readonly number[];
  readonly failures?: readonly { readonly sequence: number; readonly error: NativeError }[];
  readonly events?: readonly NativeEvent[];
  /** A send had answered 0 and there is room now. */
  readonly roomAgain?: true;
}

export interface NativeProducerStats {
  readonly sent: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly dropped: number;
  readonly resent: number;
  readonly segments: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly pendingMessages: number;
  readonly pendingBytes: number;
  readonly connects: number;
  readonly connected: boolean;
  readonly blocked: boolean;
}

/**
 * How the memory of what is sent is kept: held until the message is settled (an image's pixels: until they are
 * encoded); copied at once; or given, which is held, and then detached, so that it is free before any garbage
 * collection.
 */
export const Keep = { held: 0, copied: 1, given: 2 } as const;
export type Keep = (typeof Keep)[keyof typeof Keep];

/** Each send answers the sequence number (1, 2, ...), or 0 when full and `whenFull` is 'wait'. */
export interface NativeProducer {
  sendText(text: string, options?: NativeSendOptions): number;
  /** A detached, resizable or shared buffer is the caller's to refuse or copy. */
  sendBytes(bytes: Uint8Array, keep: Keep, options?: NativeSendOptions): number;
  /**
   * `type` is OpenCV's number, `step` bytes per row, `data` the bytes from the first row's first to the last row's
   * last. `format`: 'png', 'jpeg', 'webp', 'bmp', 'tiff', 'raw', or any name parseImageFormat takes.
   */
  sendImage(
    rows: number,
    cols: number,
    type: number,
    step: number,
    data: Uint8Array,
    keep: Keep,
    format: string,
    encode: NativeEncodeOptions | undefined,
    options?: NativeSendOptions,
  ): number;
  sendEot(options?: NativeSendOptions): number;
  collect(): NativeProducerReport;
  /** Whether the program waits for messages to be settled (true at first). Otherwise reports come in batches. */
  awaitSettlements(awaited: boolean): void;
  /** The random id of this producer: the `messageId` of message n is `<instance>-<n>`. */
  instance(): string;
  close(): void;
  stats(): NativeProducerStats;
  ref(): void;
  unref(): void;
}

/** Only the options of the format are allowed, and `channelOrder`. */
export interface NativeEncodeOptions {
  readonly quality?: number;
  readonly progressive?: boolean;
  readonly optimize?: boolean;
  readonly restartInterval?: number;
  readonly chromaSubsampling?: '4:4:4' | '4:2:2' | '4:2:0' | '4:4:0' | '4:1:1';
  readonly compression?: number;
  readonly strategy?: 'default' | 'filtered' | 'huffman' | 'rle' | 'fixed';
  readonly filter?: 'none' | 'sub' | 'up' | 'average' | 'paeth' | 'fast' | 'all';
  readonly lossless?: boolean;
  readonly channelOrder?: 'bgr' | 'rgb';
}

/**
 * A delivery is six values in a row:
 *
 * 1. number: 1, 2, ... in the order of arrival, unique for the life of the consumer
 * 2. flags: 1 redelivered, 2 end of transmission
 * 3. origin: where the message was published to (AMQP: the exchange)
 * 4. key (AMQP: the routing key)
 * 5. encoded properties: a string of octets, for `NativeConsumer.properties()`
 * 6. body, in memory that no other has; a NativeError where it was refused, because it is larger than
 *    `limits.messageBytes`
 */
export type NativeDeliveryValue = number | string | ArrayBuffer | NativeError;

/** A decoded matrix; `data` is the message's body itself when it came raw. */
export interface NativeMat {
  readonly rows: number;
  readonly cols: number;
  /** OpenCV's number. */
  readonly type: number;
  readonly step: number;
  readonly data: Uint8Array;
  /** Pixels are missing. */
  readonly damaged?: true;
}

/** Ends one decode: an object of the addon's own. */
export interface NativeCancellation {
  readonly cancellation: never;
}

export interface NativeDecodeOptions {
  readonly mode?: 'unchanged' | 'color' | 'grayscale';
  readonly ignoreOrientation?: boolean;
  readonly reduce?: number;
  /**
   * 'png', 'jpeg', 'webp', 'bmp', 'tiff', 'pnm'. Missing: the first four; for `readImage` also what the extension
   * names.
   */
  readonly formats?: readonly string[];
  readonly pixels?: number;
  readonly decodedBytes?: number;
  /** Milliseconds of processor time. */
  readonly decodeTime?: number;
  readonly damaged?: 'refuse' | 'keep';
  readonly cancellation?: NativeCancellation;
}

export interface NativeConsumerReport {
  readonly events?: readonly NativeEvent[];
}

export interface NativeConsumerStats {
  readonly received: number;
  readonly receivedBytes: number;
  readonly taken: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly refused: number;
  readonly segments: number;
  readonly doubledSegments: number;
  readonly prefetch: number;
  readonly openMessages: number;
  readonly openBytes: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly inboxMessages: number;
  readonly inboxBytes: number;
  readonly connects: number;
  readonly connected: boolean;
  readonly blocked: boolean;
}

export interface NativeConsumer {
  /**
   * Up to `maxMessages` deliveries whose bodies sum to at most `maxBytes`, but at least one if there is one: what
   * `collect` makes of their values, one delivery after the other; nothing when there is none.
   */
  take<T>(maxMessages: number, maxBytes: number, collect: (...values: NativeDeliveryValue[]) => T): T | undefined;
  /** `number` is the delivery's. False when it is not valid any more: the message will come again. */
  acknowledge(number: number, upTo: boolean): boolean;
  reject(number: number, requeue: boolean): boolean;
  /** The properties of a delivery, from their encoded form. */
  properties(encoded: string): NativeProperties;
  /**
   * Decodes a body as `decodeBytes()` does, with the consumer's limits, and its formats unless `options` have others.
   */
  decode(encodedProperties: string, body: Uint8Array, options?: NativeDecodeOptions): Promise<NativeMat>;
  collect(): NativeConsumerReport;
  close(): void;
  stats(): NativeConsumerStats;
  /** What the consumer reads from (AMQP: the name of its queue). */
  sourceName(): string;
  ref(): void;
  unref(): void;
}

export interface NativeTlsOptions {
  /** A path, or what such a file holds; copied. */
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Empty: none, and the host of the URL. */
  readonly passphrase: string;
  readonly serverName: string;
  readonly insecureUnauthenticated: boolean;
}

/** What producers and consumers of every broker have. */
export interface NativeConnectionOptions {
  readonly url: readonly string[];
  readonly name: string;
  readonly connectTimeoutMs: number;
  readonly reconnect: boolean;
  readonly reconnectInitialDelayMs: number;
  readonly reconnectMaxDelayMs: number;
  readonly tls?: NativeTlsOptions;
  readonly highWaterMarkMessages: number;
  readonly highWaterMarkBytes: number;
}

export interface NativeProducerOptions extends NativeConnectionOptions {
  readonly whenFull: 'wait' | 'reject' | 'dropOldest';
  readonly segment: boolean;
  readonly amqp: NativeAmqpProducerOptions;
}

export interface NativeConsumerOptions extends NativeConnectionOptions {
  readonly prefetch: number | 'auto';
  readonly ack: 'auto' | 'manual' | 'none';
  readonly segments: 'accept' | 'refuse';
  /** For `decode()`, as are all `limits` but `messageBytes`. */
  readonly formats: readonly string[];
  readonly limits: {
    readonly pixels: number;
    readonly decodedBytes: number;
    readonly decodeTime: number;
    readonly messageBytes: number;
  };
  readonly amqp: NativeAmqpConsumerOptions;
}

/** An image format as the core knows it. */
export interface NativeImageFormat {
  readonly name: string;
  /** The MIME type. */
  readonly contentType: string;
  /** The names that it has in options and as the extension of a file. */
  readonly names: readonly string[];
  /** Whether it can be decoded. */
  readonly decodable: boolean;
  /** Whether it is decoded unless the options name other formats. */
  readonly usual: boolean;
}

export interface NativeAddon {
  readonly NativeProducer: new (options: NativeProducerOptions, wake: () => void) => NativeProducer;
  readonly NativeConsumer: new (options: NativeConsumerOptions, wake: () => void) => NativeConsumer;
  /**
   * Decodes an image file on a codec thread; rejects with a NativeError. The promise keeps the process alive while it
   * is pending. So do all that follow.
   */
  decodeBytes(bytes: Uint8Array, options: NativeDecodeOptions): Promise<NativeMat>;
  readImage(path: string, options: NativeDecodeOptions): Promise<NativeMat>;
  /** The memory of `data` is held until the promise settles, here and below. */
  encodeImage(
    rows: number,
    cols: number,
    type: number,
    step: number,
    data: Uint8Array,
    format: string,
    encode: NativeEncodeOptions | undefined,
  ): Promise<Uint8Array>;
  /** `format`: empty for the one that the path's extension says. */
  writeImage(
    rows: number,
    cols: number,
    type: number,
    step: number,
    data: Uint8Array,
    path: string,
    format: string,
    encode: NativeEncodeOptions | undefined,
  ): Promise<void>;
  /** A new matrix, its rows next to each other: as it is, with red and blue exchanged, or as 8-bit RGBA. */
  convertImage(
    rows: number,
    cols: number,
    type: number,
    step: number,
    data: Uint8Array,
    conversion: 'copy' | 'swapRedBlue' | 'rgba',
  ): Promise<NativeMat>;
  /**
   * Gives memory that came from the addon back now; the array, and all others over its buffer, are empty from then on.
   */
  release(bytes: Uint8Array): void;
  /** The defaults of native/core, in the shape of the options above: a test compares lib/connection/ with them. */
  defaults(): { producer: NativeProducerOptions; consumer: NativeConsumerOptions };
  /** Every error code with the kind of its errors: a test compares lib/base/error-codes.ts with them. */
  errorCodes(): Readonly<Record<string, NativeError['kind']>>;
  /** Every image format: a test compares lib/image/formats.ts with them. */
  imageFormats(): readonly NativeImageFormat[];
  /** Threads of the codec pool. */
  codecThreads(): number;
  setCodecThreads(count: number): void;
  /** Bytes that all decodes of the process take together. */
  codecMemory(): number;
  setCodecMemory(bytes: number): void;
  newCancellation(): NativeCancellation;
  /** The decode that has it rejects soon, with CANCELLED. May be called twice, and after it has ended. */
  cancel(cancellation: NativeCancellation): void;
  /** Versions of what the addon was built with: matmq, rabbitmq-c, opencv, ... */
  versions(): Readonly<Record<string, string>>;
}
