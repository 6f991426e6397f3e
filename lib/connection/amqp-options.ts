/** The options that AMQP alone has, their defaults, and the one place that reads them. */
import { types } from 'node:util';
import type {
  NativeAmqpConnectionOptions,
  NativeAmqpConsumerOptions,
  NativeAmqpProducerOptions,
  NativeAmqpQueueOptions,
} from '../addon/amqp-contract.js';
import { outOfRange, wrongSecret, wrongType } from '../base/argument.js';
import { type FieldValue, fieldTable } from '../base/field-table.js';
import {
  bare,
  boolean,
  bytes,
  filledText,
  integer,
  milliseconds,
  oneOf,
  type Read,
  type Reader,
  readObject,
  shortText,
} from '../base/readers.js';

/** The default of `url`. */
export const AMQP_URL = 'amqp://guest:guest@localhost:5672/';
/** An example of the options of connect(), for errors. */
export const EXAMPLE = "{ url: 'amqp://localhost' }";

/** The C++ core states the same; a test compares the two. */
export const amqpDefaults = {
  connection: {
    exchange: 'my_exchange_1',
    exchangeType: 'direct',
    durable: false,
    declare: true,
    heartbeat: 30_000,
    login: 'plain',
    frameMax: 131_072,
  },
  producer: {
    routingKey: 'my_key_1',
    confirm: true,
    confirmTimeout: 60_000,
    persistent: false,
    mandatory: false,
    /** Known from the broker's version. */
    maxMessageSize: 0,
  },
  consumer: { routingKey: 'my_key_1' },
  queue: { durable: true, type: 'classic', arguments: {}, redeclare: false },
} as const;

/** What producers and consumers have in common. */
export interface AmqpConnectionOptions {
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
  /** How to log in (SASL): with user and password of the URL, or with the client certificate. Default: `plain`. */
  readonly login?: 'plain' | 'external' | undefined;
  /** Largest AMQP frame in bytes, 4096 to 2147483647, unless the broker allows less. Default: 131072. */
  readonly frameMax?: number | undefined;
}

export interface AmqpProducerOptions {
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
  /**
   * Bytes of the largest body the broker takes, from 1; a larger one goes in segments of that size. Default: known from
   * its version.
   */
  readonly maxMessageSize?: number | undefined;
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

export interface AmqpConsumerOptions {
  /** The key, or keys, that bind the queue to the exchange. Default: `my_key_1`. */
  readonly routingKey?: string | readonly string[] | undefined;
  /** The queue. Default: a temporary, exclusive one, which is gone with the connection. */
  readonly queue?: QueueOptions | undefined;
}

const routingKeys: Reader<readonly string[]> = (value, what) => {
  if (!Array.isArray(value)) {
    if (typeof value !== 'string') throw wrongType(what, 'a string or a list of strings', value);
    return [shortText(value, what)];
  }
  if (value.length === 0) throw outOfRange(what, 'at least one routing key', value);
  return value.map((key, index) => shortText(key, `${what}[${index}]`));
};

/** A wrong value is not shown, because somebody may have put user and password here. */
const login: Reader<'plain' | 'external'> = (value, what) => {
  if (value !== 'plain' && value !== 'external') throw wrongSecret(what, "one of 'plain', 'external'");
  return value;
};

const streamPoint = oneOf('first', 'last', 'next');
const streamNumber = integer(0, Number.MAX_SAFE_INTEGER, 'messages');

const streamOffset: Reader<'first' | 'last' | 'next' | number | Date> = (value, what) => {
  if (typeof value === 'string') return streamPoint(value, what);
  if (typeof value === 'number') return streamNumber(value, what);
  if (!types.isDate(value)) throw wrongType(what, "'first', 'last', 'next', an offset or a Date", value);
  if (!(value.getTime() >= 0)) throw outOfRange(what, 'a valid Date from 1970 on', value);
  return new Date(value);
};

export const queueReaders = {
  name: filledText,
  durable: boolean,
  type: oneOf('classic', 'quorum', 'stream'),
  arguments: fieldTable,
  redeclare: boolean,
  streamOffset,
};

const queue: Reader<NativeAmqpQueueOptions> = (value, what) => {
  const given = readObject(value, what, queueReaders, "{ name: 'frames' }");
  const { name } = given;
  if (name === undefined) throw wrongType(`${what}.name`, "the queue's name, a string that is not empty,", undefined);
  return bare({ ...amqpDefaults.queue, ...given, name });
};

export const amqpConnectionReaders = {
  exchange: shortText,
  exchangeType: filledText,
  durable: boolean,
  declare: boolean,
  heartbeat: milliseconds(0, 65_535_000),
  frameMax: integer(4096, 0x7fffffff, 'bytes'),
  login,
};

export const amqpProducerReaders = {
  routingKey: shortText,
  confirm: boolean,
  confirmTimeout: milliseconds(0, 0x7fffffff),
  persistent: boolean,
  mandatory: boolean,
  maxMessageSize: bytes,
};

export const amqpConsumerReaders = { routingKey: routingKeys, queue };

function connectionOptions(given: Read<typeof amqpConnectionReaders>): NativeAmqpConnectionOptions {
  const { exchange, exchangeType, durable, declare, heartbeat, login, frameMax } = bare({
    ...amqpDefaults.connection,
    ...given,
  });
  const heartbeatSeconds = Math.ceil(heartbeat / 1000);
  return { heartbeatSeconds, login, frameMax, exchange, exchangeType, durable, declare };
}

/** AMQP's part of a producer's options, from all that were read. */
export function amqpProducerOptions(
  given: Read<typeof amqpConnectionReaders & typeof amqpProducerReaders>,
): NativeAmqpProducerOptions {
  const { routingKey, confirm, confirmTimeout, persistent, mandatory, maxMessageSize } = bare({
    ...amqpDefaults.producer,
    ...given,
  });
  return {
    ...connectionOptions(given),
    ...{ routingKey, confirm, persistent, mandatory, maxMessageSize },
    confirmTimeoutMs: confirmTimeout,
  };
}

/** AMQP's part of a consumer's options, from all that were read. */
export function amqpConsumerOptions(
  given: Read<typeof amqpConnectionReaders & typeof amqpConsumerReaders>,
): NativeAmqpConsumerOptions {
  const { routingKey = [amqpDefaults.consumer.routingKey], queue } = given;
  return { ...connectionOptions(given), routingKey, ...(queue && { queue }) };
}
