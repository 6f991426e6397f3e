/** The options that producers and consumers share: what they are, their defaults, and the one place that reads them. */
import type { NativeConnectionOptions } from '../addon/contract.js';
import { outOfRange, wrongType } from '../base/argument.js';
import {
  abortSignal,
  bytes,
  filledText,
  integer,
  milliseconds,
  type Read,
  type Reader,
  readObject,
} from '../base/readers.js';
import { AMQP_URL, type AmqpConnectionOptions, amqpConnectionReaders } from './amqp-options.js';
import { type TlsOptions, tls } from './tls-options.js';

const MiB = 1024 * 1024;

/** The C++ core states the same; a test compares the two. */
export const connectionDefaults = {
  url: AMQP_URL,
  connectTimeout: 10_000,
  reconnect: { initialDelay: 100, maxDelay: 5_000 },
  highWaterMark: { messages: 1024, bytes: 256 * MiB },
} as const;

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
export interface ConnectionOptions extends AmqpConnectionOptions {
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
  /** Milliseconds until connected, logged in and declared, 1 to 2147483647; then `CONNECT_TIMEOUT`. Default: 10000. */
  readonly connectTimeout?: number | undefined;
  /** Whether and how a lost connection is made again. The first connection is tried once. Default: true. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** How `amqps:` connections are secured. Default: the system's authorities are trusted, and no client certificate. */
  readonly tls?: TlsOptions | undefined;
  /**
   * The bound of what a producer holds (queued or not yet confirmed) and of what waits in a consumer: a number of
   * messages, or messages and bytes. Default: 1024 messages, 256 MiB.
   */
  readonly highWaterMark?: number | HighWaterMark | undefined;
  /** Ends the attempt to connect: `connect()` rejects with `signal.reason`. Without effect once connected. */
  readonly signal?: AbortSignal | undefined;
}

/** What the addon is given, and the signal that ends the attempt to connect. */
export interface Settings<Native> {
  readonly native: Native;
  readonly signal: AbortSignal | undefined;
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

const HOUR = 3_600_000;
const delays = { initialDelay: milliseconds(1, HOUR), maxDelay: milliseconds(1, HOUR) };

const reconnect: Reader<{ enabled: boolean; initialDelay: number; maxDelay: number }> = (value, what) => {
  const standard = connectionDefaults.reconnect;
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

export const connectionReaders = {
  url: urls,
  name: filledText,
  ...amqpConnectionReaders,
  connectTimeout: milliseconds(1, 0x7fffffff),
  reconnect,
  highWaterMark,
  signal: abortSignal,
  tls,
};

/** What the addon takes, without what belongs to one broker alone. */
export function connectionOptions(given: Read<typeof connectionReaders> & { name: string }): NativeConnectionOptions {
  const { url = [connectionDefaults.url], name, connectTimeout = connectionDefaults.connectTimeout, tls } = given;
  const { enabled, initialDelay, maxDelay } = given.reconnect ?? { enabled: true, ...connectionDefaults.reconnect };
  const mark = { ...connectionDefaults.highWaterMark, ...given.highWaterMark };
  return {
    url,
    name,
    connectTimeoutMs: connectTimeout,
    reconnect: enabled,
    reconnectInitialDelayMs: initialDelay,
    reconnectMaxDelayMs: maxDelay,
    ...(tls && { tls }),
    highWaterMarkMessages: mark.messages,
    highWaterMarkBytes: mark.bytes,
  };
}
