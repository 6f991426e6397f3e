/** The options of one send, and the one place that reads them. */

import { Keep, type NativeEncodeOptions, type NativeProperties, type NativeSendOptions } from '../addon/contract.js';
import { outOfRange, wrongType } from '../base/argument.js';
import type { FieldValue } from '../base/field-table.js';
import { fieldTable } from '../base/field-table.js';
import { abortSignal, boolean, integer, type Read, type Reader, readObject, shortText } from '../base/readers.js';
import { type EncodeOptions, encodeOptionsOf, encodeReaders } from '../image/options.js';

/** The AMQP properties a program can set. MatMQ itself sets `messageId`, `type` and `appId`. */
export interface SendProperties {
  /** MIME type of the body. An image has that of its format, whatever is said here. */
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /**
   * Safe integers and bigints travel as 64-bit integers, other numbers as doubles, a `Date` as a timestamp in seconds.
   */
  readonly headers?: { readonly [name: string]: FieldValue } | undefined;
  /** 1: transient, 2: persistent. Default: by the producer's `persistent`. */
  readonly deliveryMode?: 1 | 2 | undefined;
  /** 0 to 9. */
  readonly priority?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Milliseconds until the broker drops the message from a queue, as decimal digits. */
  readonly expiration?: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp?: number | undefined;
  /** The broker refuses any but the user of the connection. */
  readonly userId?: string | undefined;
}

/** Options of `send()`. */
export interface SendOptions {
  /**
   * Copies the bytes when the message is accepted, so that they can be changed once `send()` resolved. Default: false.
   */
  readonly copy?: boolean | undefined;
  /**
   * Gives the memory to the producer, as `postMessage` does: the array is empty at once, and all others over its
   * buffer, also when the send fails. The memory is free as soon as the message is confirmed (an image: encoded),
   * without waiting for a garbage collection. Not together with `copy`. Memory lent by native code (a received body, a
   * `Buffer` of sharp or of Node's pool) cannot be given. Default: false.
   */
  readonly transfer?: boolean | undefined;
  /** Instead of the producer's. */
  readonly routingKey?: string | undefined;
  readonly properties?: SendProperties | undefined;
  /** Ends the wait for room; a message that was accepted is sent. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `sendImage()`. */
export interface SendImageOptions extends SendOptions, EncodeOptions {}

/** Options of `sendEOT()`. */
export type SendEotOptions = Omit<SendOptions, 'copy' | 'transfer'>;

/** Options of one send as the producer uses them. */
export interface SendSettings {
  readonly keep: Keep;
  readonly signal: AbortSignal | undefined;
  readonly native: NativeSendOptions | undefined;
  readonly encode: NativeEncodeOptions | undefined;
}

const noOptions: SendSettings = { keep: Keep.held, signal: undefined, native: undefined, encode: undefined };

/** @throws TypeError, RangeError */
export function readSendOptions(options: unknown): SendSettings {
  return options === undefined ? noOptions : settings(readObject(options, 'options', sendReaders));
}

/** @throws TypeError, RangeError */
export function readSendImageOptions(options: unknown): SendSettings {
  return options === undefined ? noOptions : settings(readObject(options, 'options', imageReaders));
}

/** @throws TypeError, RangeError */
export function readSendEotOptions(options: unknown): SendSettings {
  return options === undefined ? noOptions : settings(readObject(options, 'options', eotReaders));
}

function settings(given: Read<typeof imageReaders>): SendSettings {
  const { copy, transfer, signal, routingKey, properties, ...encode } = given;
  if (copy && transfer) throw wrongType('transfer', 'one of copy and transfer', transfer);
  return {
    keep: copy ? Keep.copied : transfer ? Keep.given : Keep.held,
    signal,
    native:
      routingKey === undefined && properties === undefined
        ? undefined
        : { ...(routingKey !== undefined && { routingKey }), ...(properties && { properties }) },
    encode: encodeOptionsOf(encode),
  };
}

const digits: Reader<string> = (value, what) => {
  const expected = "milliseconds as a string of decimal digits, such as '60000',";
  if (typeof value !== 'string') throw wrongType(what, expected, value);
  if (!/^\d{1,10}$/.test(value)) throw outOfRange(what, expected, value);
  return value;
};

const setByMatmq: Reader<never> = (value, what) => {
  throw wrongType(what, 'nothing (MatMQ sets it itself)', value);
};

const propertyReaders = {
  contentType: shortText,
  contentEncoding: shortText,
  headers: fieldTable,
  deliveryMode: integer(1, 2),
  priority: integer(0, 9),
  correlationId: shortText,
  replyTo: shortText,
  expiration: digits,
  timestamp: integer(0, Number.MAX_SAFE_INTEGER, 'seconds since 1970'),
  userId: shortText,
  messageId: setByMatmq,
  type: setByMatmq,
  appId: setByMatmq,
};

const properties: Reader<NativeProperties> = (value, what) => readObject(value, what, propertyReaders);

const eotReaders = { routingKey: shortText, properties, signal: abortSignal };
const sendReaders = { ...eotReaders, copy: boolean, transfer: boolean };
const imageReaders = { ...sendReaders, ...encodeReaders };
