/** The options of producers and consumers: what they are, their defaults, and the one place that reads them. */

import type { NativeConnectionOptions, NativeConsumerOptions, NativeProducerOptions } from '../addon/contract.js';
import { outOfRange, wrongType } from '../base/argument.js';
import type { FieldValue } from '../base/field-table.js';
import { fieldTable } from '../base/field-table.js';
import {
  abortSignal,
  boolean,
  filledText,
  integer,
  oneOf,
  type Read,
  type Reader,
  readObject,
  shortText,
} from '../base/readers.js';
import { type DecodableFormat, formats } from '../image/options.js';
import { login, type TlsOptions, tls } from './tls-options.js';

export type { TlsOptions } from './tls-options.js';

const MiB = 1024 * 1024;
/** An example of the options of connect(), for errors. */
const CONNECT = "{ url: 'amqp://localhost' }";

/** The defaults. The C++ core states the same; a test holds the two against each other. */
export const defaults = {
  connection: {
    url: 'amqp://guest:guest@localhost:5672/',
    exchange: 'my_exchange_1',
    exchangeType: 'direct',
    durable: false,
    declare: true,
    heartbeat: 30_000,
    connectTimeout: 10_000,
    reconnect: { initialDelay: 100, maxDelay: 5_000 },
    login: 'plain',
    frameMax: 131_072,
    highWaterMark: { messages: 1024, bytes: 256 * MiB },
  },
  producer: {
    name: 'producer',
    routingKey: 'my_key_1',
    confirm: true,
    confirmTimeout: 60_000,
    persistent: false,
    mandatory: false,
    whenFull: 'wait',
    /** Known from the broker's version. */
    maxMessageSize: 0,
    segment: true,
  },
  consumer: {
    name: 'consumer',
    routingKey: 'my_key_1',
    prefetch: 16,
    ack: 'auto',
    limits: { pixels: 128 * MiB, decodedBytes: 512 * MiB, messageBytes: 512 * MiB },
    formats: ['png', 'jpeg', 'webp', 'bmp'],
  },
  queue: { durable: true, type: 'classic', arguments: {}, redeclare: false },
} as const;

/** What a send does while the producer is full: wait for room, reject, or drop the oldest message not yet sent. */
export type WhenFull = 'wait' | 'reject' | 'dropOldest';

/**
 * When a message is acknowledged: when the program comes back for the next one or exits in order (`auto`), when it says
 * so (`manual`), or never, because the broker forgets it as soon as it is sent (`none`).
 */
export type AckMode = 'auto' | 'manual' | 'none';

/** How to reconnect: exponential back-off with jitter, the next URL of the list each time. */
export interface ReconnectOptions {
  /** Mean wait before the first try, in milliseconds, 1 to 3600000. Default: 100. */
  readonly initialDelay?: number | undefined;
  /** No wait is longer than this, in milliseconds, `initialDelay` to 3600000. Default: 5000. */
  readonly maxDelay?: number | undefined;
}

/** A bound by count and by bytes, whichever is met first. One message larger than it passes alone. */
export interface HighWaterMark {
  /** Messages, 1 to 4294967295. Default: 1024. */
  readonly messages?: number | undefined;
  /** Bytes of their bodies, from 1. Default: 268435456 (256 MiB). */
  readonly bytes?: number | undefined;
}

/** What producers and consumers have in common. */
export interface ConnectionOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or a list to fail over between. Default:
   * `amqp://guest:guest@localhost:5672/`. A URL that cannot be read is a `ConnectionError` `INVALID_URL`. `amqps:` is
   * TLS, on port 5671 unless the URL says another; a list has one of the two alone.
   */
  readonly url?: string | readonly string[] | undefined;
  /**
   * Shown in the broker's connection list and in errors; not empty, at most 255 bytes. Default: `producer` or
   * `consumer`.
   */
  readonly name?: string | undefined;
  /** The exchange; an empty string is the broker's default exchange. Default: `my_exchange_1`. */
  readonly exchange?: string | undefined;
  /** `direct`, `fanout`, `topic`, `headers`, or a plugin's type. Default: `direct`. */
  readonly exchangeType?: string | undefined;
  /** Whether the exchange outlives a restart of the broker. Default: false. */
  readonly durable?: boolean | undefined;
  /** Whether to declare the exchange and the queue; false uses what exists. Default: true. */
  readonly declare?: boolean | undefined;
  /**
   * Milliseconds between signs of life, rounded up to whole seconds, 0 (off) to 65535000; the broker may ask for less.
   * A peer silent for two of them is lost. Default: 30000.
   */
  readonly heartbeat?: number | undefined;
  /** Milliseconds until connected, logged in and declared, 1 to 2147483647; then `CONNECT_TIMEOUT`. Default: 10000. */
  readonly connectTimeout?: number | undefined;
  /** Whether and how a lost connection is made again. The first connection is tried once. Default: true. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** How `amqps:` connections are secured. Default: the system's authorities are trusted, and no client certificate. */
  readonly tls?: TlsOptions | undefined;
  /** How to log in (SASL): with user and password of the URL, or with the client certificate. Default: `plain`. */
  readonly login?: 'plain' | 'external' | undefined;
  /** Largest AMQP frame in bytes, 4096 to 2147483647, unless the broker allows less. Default: 131072. */
  readonly frameMax?: number | undefined;
  /**
   * The bound of what a producer holds (queued or not yet confirmed) and of what waits in a consumer: a number of
   * messages, or messages and bytes. Default: 1024 messages, 256 MiB.
   */
  readonly highWaterMark?: number | HighWaterMark | undefined;
  /** Ends the attempt to connect: `connect()` rejects with `signal.reason`. Without effect once connected. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `Producer.connect()`. */
export interface ProducerOptions extends ConnectionOptions {
  /** The key messages are routed by; each send can say another. Default: `my_key_1`. */
  readonly routingKey?: string | undefined;
  /**
   * Whether the broker confirms each message; without, a message counts as confirmed once it is written. Default: true.
   */
  readonly confirm?: boolean | undefined;
  /**
   * Milliseconds, 0 (never) to 2147483647: a connection on which the oldest message waits so long for its confirm is
   * made again (`disconnected` with `CONFIRM_TIMEOUT`), and what is not confirmed is sent again. Twice as long each
   * time, until it is confirmed. Does not count while the broker is `blocked`. Default: 60000.
   */
  readonly confirmTimeout?: number | undefined;
  /** Whether messages outlive a restart of the broker, in a durable queue. Default: false. */
  readonly persistent?: boolean | undefined;
  /** Whether a message that no queue takes comes back as a `PublishError` `UNROUTABLE`. Default: false. */
  readonly mandatory?: boolean | undefined;
  /** What happens to a send while the high-water mark is reached. Default: `wait`. */
  readonly whenFull?: WhenFull | undefined;
  /**
   * Bytes of the largest body the broker takes, from 1; a larger one goes in segments of that size. Default: known from
   * its version.
   */
  readonly maxMessageSize?: number | undefined;
  /** Whether larger bodies go in segments; otherwise they are refused as `TOO_LARGE`. Default: true. */
  readonly segment?: boolean | undefined;
}

/** A queue with a name, which outlives its consumer. */
export interface QueueOptions {
  /** Not empty, at most 255 bytes. */
  readonly name: string;
  /** Whether the queue outlives a restart of the broker. Default: true. */
  readonly durable?: boolean | undefined;
  /** Default: `classic`. */
  readonly type?: 'classic' | 'quorum' | 'stream' | undefined;
  /** `x-max-length`, `x-dead-letter-exchange`, `x-delivery-limit`, ... Default: none. */
  readonly arguments?: { readonly [name: string]: FieldValue } | undefined;
  /**
   * When the queue is deleted under the consumer: whether to declare it, bind and subscribe again, on a new connection.
   * Otherwise the consumer ends with a `ChannelError` `CONSUMER_CANCELLED`. Default: false.
   */
  readonly redeclare?: boolean | undefined;
  /**
   * For a stream: where the consumer begins. `'first'`: at its first message; `'last'`: with the last messages written
   * together; `'next'`: with the next one that comes; a number: with the message of this offset (its header
   * `x-stream-offset`); a `Date`: with what came since then. After a reconnect it goes on where the program is.
   * Default: `'next'`.
   */
  readonly streamOffset?: 'first' | 'last' | 'next' | number | Date | undefined;
}

/** What a consumer takes from the network. More is an `ImageError` `LIMIT_EXCEEDED`, found before memory is taken. */
export interface Limits {
  /** Pixels (rows times columns) of an image, from 1. Default: 134217728. */
  readonly pixels?: number | undefined;
  /** Bytes of a decoded image, from 1. Default: 536870912 (512 MiB). */
  readonly decodedBytes?: number | undefined;
  /**
   * Bytes of a body, that of a message in segments as a whole, from 1; a larger one is rejected to the broker and
   * counted in `stats().refused`. Default: 536870912.
   */
  readonly messageBytes?: number | undefined;
}

/** Options of `Consumer.connect()`. */
export interface ConsumerOptions extends ConnectionOptions {
  /** The key, or keys, that bind the queue to the exchange. Default: `my_key_1`. */
  readonly routingKey?: string | readonly string[] | undefined;
  /** The queue. Default: a temporary, exclusive one, which is gone with the connection. */
  readonly queue?: QueueOptions | undefined;
  /** Messages the broker sends ahead of their acknowledgement, 0 (no bound) to 65535. Default: 16. */
  readonly prefetch?: number | undefined;
  /** When a message is acknowledged. Default: `auto`. */
  readonly ack?: AckMode | undefined;
  /** What is taken from the network. */
  readonly limits?: Limits | undefined;
  /**
   * The image formats that are decoded, `'png'`, `'jpeg'`, `'webp'`, `'bmp'`, `'tiff'` or `'pnm'`; a decode may say
   * others. Any other body is `NOT_AN_IMAGE`. Default: the first four.
   */
  readonly formats?: readonly DecodableFormat[] | undefined;
}

/** What the addon is given, and the signal that ends the attempt to connect. */
export interface Settings<Native> {
  readonly native: Native;
  readonly signal: AbortSignal | undefined;
}

/** @throws TypeError, RangeError */
export function readProducerOptions(options: unknown): Settings<NativeProducerOptions> {
  const { signal, ...given } = readObject(options, 'options', producerReaders, CONNECT);
  const { routingKey, confirm, confirmTimeout, persistent, mandatory, whenFull, maxMessageSize, segment } = {
    ...defaults.producer,
    ...given,
  };
  const native = {
    ...readConnection({ name: defaults.producer.name, ...given }),
    ...{ routingKey, confirm, persistent, mandatory, whenFull, maxMessageSize, segment },
    confirmTimeoutMs: confirmTimeout,
  };
  return { native, signal };
}

/** @throws TypeError, RangeError */
export function readConsumerOptions(options: unknown): Settings<NativeConsumerOptions> {
  const { signal, ...given } = readObject(options, 'options', consumerReaders, CONNECT);
  const { prefetch, ack, formats } = { ...defaults.consumer, ...given };
  const limits = { ...defaults.consumer.limits, ...given.limits };
  const native = {
    ...readConnection({ name: defaults.consumer.name, ...given }),
    routingKeys: given.routingKey ?? [defaults.consumer.routingKey],
    ...(given.queue && { queue: given.queue }),
    ...{ prefetch, ack, formats },
    limitPixels: limits.pixels,
    limitDecodedBytes: limits.decodedBytes,
    limitMessageBytes: limits.messageBytes,
  };
  return { native, signal };
}

function readConnection(given: Read<typeof connectionReaders> & { name: string }): NativeConnectionOptions {
  const all = { ...defaults.connection, ...given };
  const { enabled, initialDelay, maxDelay } = given.reconnect ?? { enabled: true, ...defaults.connection.reconnect };
  const mark = { ...defaults.connection.highWaterMark, ...given.highWaterMark };
  return {
    urls: given.url ?? [defaults.connection.url],
    name: all.name,
    heartbeatSeconds: Math.ceil(all.heartbeat / 1000),
    connectTimeoutMs: all.connectTimeout,
    reconnect: enabled,
    reconnectInitialDelayMs: initialDelay,
    reconnectMaxDelayMs: maxDelay,
    ...(given.tls && { tls: given.tls }),
    login: all.login,
    frameMax: all.frameMax,
    exchange: all.exchange,
    exchangeType: all.exchangeType,
    durable: all.durable,
    declare: all.declare,
    highWaterMarkMessages: mark.messages,
    highWaterMarkBytes: mark.bytes,
  };
}

/** Never puts a URL into an error: it holds the password. */
const urls: Reader<readonly string[]> = (value, what) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw outOfRange(what, 'at least one URL', value);
  return list.map((url) => {
    if (typeof url !== 'string') throw wrongType(what, 'a URL as a string, or a list of them,', url);
    return url;
  });
};

const routingKeys: Reader<readonly string[]> = (value, what) => {
  if (!Array.isArray(value)) {
    if (typeof value !== 'string') throw wrongType(what, 'a string or a list of strings', value);
    return [shortText(value, what)];
  }
  if (value.length === 0) throw outOfRange(what, 'at least one routing key', value);
  return value.map((key, index) => shortText(key, `${what}[${index}]`));
};

const milliseconds = (min: number, max: number) => integer(min, max, 'milliseconds');
const bytes = integer(1, Number.MAX_SAFE_INTEGER, 'bytes');
const HOUR = 3_600_000;
const delays = { initialDelay: milliseconds(1, HOUR), maxDelay: milliseconds(1, HOUR) };

const reconnect: Reader<{ enabled: boolean; initialDelay: number; maxDelay: number }> = (value, what) => {
  const standard = defaults.connection.reconnect;
  if (typeof value === 'boolean') return { enabled: value, ...standard };
  if (typeof value !== 'object' || value === null)
    throw wrongType(what, 'true, false or { initialDelay, maxDelay }', value);
  const given = readObject(value, what, delays);
  const maxDelay = given.maxDelay ?? Math.max(standard.maxDelay, given.initialDelay ?? 0);
  const initialDelay = given.initialDelay ?? Math.min(standard.initialDelay, maxDelay);
  if (maxDelay < initialDelay)
    throw outOfRange(`${what}.maxDelay`, `at least initialDelay (${initialDelay})`, maxDelay);
  return { enabled: true, initialDelay, maxDelay };
};

const marks = { messages: integer(1, 0xffffffff, 'messages'), bytes };

const highWaterMark: Reader<Read<typeof marks>> = (value, what) => {
  if (typeof value === 'number') return { messages: marks.messages(value, what) };
  if (typeof value !== 'object' || value === null) {
    throw wrongType(what, 'a number of messages or { messages, bytes }', value);
  }
  return readObject(value, what, marks);
};

const streamPoint = oneOf('first', 'last', 'next');
const streamNumber = integer(0, Number.MAX_SAFE_INTEGER, 'messages');

const streamOffset: Reader<'first' | 'last' | 'next' | number | Date> = (value, what) => {
  if (typeof value === 'string') return streamPoint(value, what);
  if (typeof value === 'number') return streamNumber(value, what);
  if (!(value instanceof Date)) throw wrongType(what, "'first', 'last', 'next', an offset or a Date", value);
  if (!(value.getTime() >= 0)) throw outOfRange(what, 'a valid Date from 1970 on', value);
  return new Date(value);
};

const queueReaders = {
  name: filledText,
  durable: boolean,
  type: oneOf('classic', 'quorum', 'stream'),
  arguments: fieldTable,
  redeclare: boolean,
  streamOffset,
};

const queue: Reader<NonNullable<NativeConsumerOptions['queue']>> = (value, what) => {
  const { name, ...given } = readObject(value, what, queueReaders, "{ name: 'frames' }");
  if (name === undefined) throw wrongType(`${what}.name`, "the queue's name, a string that is not empty,", undefined);
  return { name, ...defaults.queue, ...given };
};

const limitReaders = {
  pixels: integer(1, Number.MAX_SAFE_INTEGER, 'pixels'),
  decodedBytes: bytes,
  messageBytes: bytes,
};

const connectionReaders = {
  url: urls,
  name: filledText,
  exchange: shortText,
  exchangeType: filledText,
  durable: boolean,
  declare: boolean,
  heartbeat: milliseconds(0, 65_535_000),
  connectTimeout: milliseconds(1, 0x7fffffff),
  reconnect,
  frameMax: integer(4096, 0x7fffffff, 'bytes'),
  highWaterMark,
  signal: abortSignal,
  tls,
  login,
};

const producerReaders = {
  ...connectionReaders,
  routingKey: shortText,
  confirm: boolean,
  confirmTimeout: milliseconds(0, 0x7fffffff),
  persistent: boolean,
  mandatory: boolean,
  whenFull: oneOf('wait', 'reject', 'dropOldest'),
  maxMessageSize: bytes,
  segment: boolean,
};

const consumerReaders = {
  ...connectionReaders,
  routingKey: routingKeys,
  queue,
  prefetch: integer(0, 65_535, 'messages'),
  ack: oneOf('auto', 'manual', 'none'),
  formats,
  limits: ((value, what) => readObject(value, what, limitReaders)) as Reader<Read<typeof limitReaders>>,
};
