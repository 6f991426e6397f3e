/** The options of a consumer: what they are, their defaults, and the one place that reads them. */
import type { NativeConsumerOptions } from '../addon/contract.js';
import { bare, bytes, integer, milliseconds, oneOf, type Read, type Reader, readObject } from '../base/readers.js';
import { type DecodableFormat, formats, USUAL_FORMATS } from '../image/formats.js';
import { type AmqpConsumerOptions, amqpConsumerOptions, amqpConsumerReaders, EXAMPLE } from './amqp-options.js';
import { type ConnectionOptions, connectionOptions, connectionReaders, type Settings } from './options.js';

const MiB = 1024 * 1024;

/** The C++ core states the same; a test compares the two. */
export const consumerDefaults = {
  name: 'consumer',
  prefetch: 'auto',
  ack: 'auto',
  segments: 'accept',
  limits: { pixels: 128 * MiB, decodedBytes: 512 * MiB, decodeTime: 10_000, messageBytes: 512 * MiB },
  formats: USUAL_FORMATS,
} as const;

/**
 * When a message is acknowledged: when the program comes back for the next one or exits in order (`auto`), when it says
 * so (`manual`), or never, because the broker forgets it as soon as it is sent (`none`).
 */
export type AckMode = 'auto' | 'manual' | 'none';

/** What a consumer takes from the network. More is an `ImageError` `LIMIT_EXCEEDED`, found before memory is taken. */
export interface Limits {
  /** Pixels (rows times columns) of an image, from 1. Default: 134217728. */
  readonly pixels?: number | undefined;
  /** Bytes of a decoded image, from 1. Default: 536870912 (512 MiB). */
  readonly decodedBytes?: number | undefined;
  /**
   * Milliseconds of processor time that the decode of an image may take, 1 to 2147483647; to wait does not count.
   * Default: 10000.
   */
  readonly decodeTime?: number | undefined;
  /**
   * Bytes of a body, that of a message in segments as a whole, from 1; a larger one is rejected to the broker and
   * counted in `stats().refused`. Default: 536870912.
   */
  readonly messageBytes?: number | undefined;
}

/** Options of `Consumer.connect()`. */
export interface ConsumerOptions extends ConnectionOptions, AmqpConsumerOptions {
  /**
   * Messages the broker sends ahead of their acknowledgement, 0 (no bound) to 65535, or `auto`: 16, and of a queue that
   * is known to be classic up to 256 while they are small and settled as fast as they come. Default: `auto`.
   */
  readonly prefetch?: number | 'auto' | undefined;
  /** When a message is acknowledged. Default: `auto`. */
  readonly ack?: AckMode | undefined;
  /**
   * What becomes of a message in segments: put together, or each of its segments rejected, with a `MatmqError`
   * `BAD_SEGMENTS`. Refuse them where no producer of the queue sends any (`segment: false`, or all of its messages are
   * below the broker's limit): then nobody can make the consumer hold half a message. Default: `accept`.
   */
  readonly segments?: 'accept' | 'refuse' | undefined;
  /** What is taken from the network. */
  readonly limits?: Limits | undefined;
  /**
   * The image formats that are decoded, `'png'`, `'jpeg'`, `'webp'`, `'bmp'`, `'tiff'` or `'pnm'`; a decode may say
   * others. Any other body is `NOT_AN_IMAGE`. Default: the first four.
   */
  readonly formats?: readonly DecodableFormat[] | undefined;
}

const limitReaders = {
  pixels: integer(1, Number.MAX_SAFE_INTEGER, 'pixels'),
  decodedBytes: bytes,
  decodeTime: milliseconds(1, 0x7fffffff),
  messageBytes: bytes,
};

const messages = integer(0, 65_535, "messages, or 'auto'");
const prefetch: Reader<number | 'auto'> = (value, what) => (value === 'auto' ? value : messages(value, what));

const limits: Reader<Read<typeof limitReaders>> = (value, what) => readObject(value, what, limitReaders);

export const consumerReaders = {
  ...connectionReaders,
  ...amqpConsumerReaders,
  prefetch,
  ack: oneOf('auto', 'manual', 'none'),
  segments: oneOf('accept', 'refuse'),
  formats,
  limits,
};

/** @throws TypeError, RangeError */
export function readConsumerOptions(options: unknown): Settings<NativeConsumerOptions> {
  const given = readObject(options, 'options', consumerReaders, EXAMPLE);
  const { name, prefetch, ack, segments, formats } = bare({ ...consumerDefaults, ...given });
  const shared = connectionOptions(bare({ ...given, name }));
  const limits = { ...consumerDefaults.limits, ...given.limits };
  return {
    native: { ...shared, prefetch, ack, segments, formats, limits, amqp: amqpConsumerOptions(given) },
    signal: given.signal,
  };
}
