/** The options of one send, and the one place that reads them. */

import { Keep, type NativeEncodeOptions, type NativeSendOptions } from '../addon/contract.js';
import { wrongType } from '../base/argument.js';
import { abortSignal, bare, boolean, type Read, readObject } from '../base/readers.js';
import { type EncodeOptions, encodeOptionsOf, encodeReaders } from '../image/options.js';
import { type AmqpSendOptions, amqpSendReaders } from './amqp-send-options.js';
import { messageProperties, nativeSendOptions, type SendProperties } from './send-properties.js';

/** Options of `send()`. */
export interface SendOptions extends AmqpSendOptions {
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
    native: nativeSendOptions(routingKey, properties),
    encode: encodeOptionsOf(bare(encode)),
  };
}

export const eotReaders = { ...amqpSendReaders, properties: messageProperties, signal: abortSignal };
export const sendReaders = { ...eotReaders, copy: boolean, transfer: boolean };
const imageReaders = { ...sendReaders, ...encodeReaders };
