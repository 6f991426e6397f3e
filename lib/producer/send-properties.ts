/** The properties of a message that a program can set, and their reader. */
import type { NativeMessageProperties, NativeSendOptions } from '../addon/contract.js';
import { wrongType } from '../base/argument.js';
import { type FieldValue, fieldTable } from '../base/field-table.js';
import { integer, type Read, type Reader, readObject, shortText } from '../base/readers.js';
import { type AmqpSendProperties, amqpPropertyReaders, splitAmqp } from './amqp-send-options.js';

/** The AMQP properties a program can set. MatMQ itself sets `messageId`, `type` and `appId`. */
export interface SendProperties extends AmqpSendProperties {
  /** MIME type of the body. An image always has the type of its format. */
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /**
   * Safe integers and bigints travel as 64-bit integers, other numbers as doubles, a `Date` as a timestamp in seconds.
   */
  readonly headers?: { readonly [name: string]: FieldValue } | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp?: number | undefined;
}

const setByMatmq: Reader<never> = (value, what) => {
  throw wrongType(what, 'nothing (MatMQ sets it itself)', value);
};

export const propertyReaders = {
  contentType: shortText,
  contentEncoding: shortText,
  headers: fieldTable,
  correlationId: shortText,
  replyTo: shortText,
  timestamp: integer(0, Number.MAX_SAFE_INTEGER, 'seconds since 1970'),
  ...amqpPropertyReaders,
  messageId: setByMatmq,
  type: setByMatmq,
  appId: setByMatmq,
};

type Properties = Read<typeof propertyReaders>;

export const messageProperties: Reader<Properties> = (value, what) => readObject(value, what, propertyReaders);

/** As the addon takes them; undefined when the program gave none. */
export function nativeSendOptions(
  routingKey: string | undefined,
  properties: Properties | undefined,
): NativeSendOptions | undefined {
  if (properties === undefined) return routingKey === undefined ? undefined : { amqp: { routingKey } };
  const { amqp, others } = splitAmqp(routingKey, properties);
  return { ...(amqp && { amqp }), properties: others satisfies NativeMessageProperties };
}
