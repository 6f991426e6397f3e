/** The options and properties of one send that AMQP alone has. */
import type { NativeAmqpSendOptions } from '../addon/amqp-contract.js';
import { outOfRange, wrongType } from '../base/argument.js';
import { integer, type Read, type Reader, shortText } from '../base/readers.js';

export interface AmqpSendOptions {
  /** Instead of the producer's. */
  readonly routingKey?: string | undefined;
}

export interface AmqpSendProperties {
  /** 1: transient, 2: persistent. Default: by the producer's `persistent`. */
  readonly deliveryMode?: 1 | 2 | undefined;
  /** 0 to 9. */
  readonly priority?: number | undefined;
  /** Milliseconds until the broker drops the message from a queue, as decimal digits. */
  readonly expiration?: string | undefined;
  /** The broker refuses any but the user of the connection. */
  readonly userId?: string | undefined;
}

const digits: Reader<string> = (value, what) => {
  const expected = "milliseconds as a string of decimal digits, such as '60000',";
  if (typeof value !== 'string') throw wrongType(what, expected, value);
  if (!/^\d{1,10}$/.test(value)) throw outOfRange(what, expected, value);
  return value;
};

export const amqpSendReaders = { routingKey: shortText };

export const amqpPropertyReaders = {
  deliveryMode: integer(1, 2),
  priority: integer(0, 9),
  expiration: digits,
  userId: shortText,
};

/** Separates what AMQP alone has from `properties`; `amqp` is undefined when there is none. */
export function splitAmqp<Properties extends Read<typeof amqpPropertyReaders>>(
  routingKey: string | undefined,
  properties: Properties,
): { amqp: NativeAmqpSendOptions | undefined; others: Omit<Properties, keyof typeof amqpPropertyReaders> } {
  const { deliveryMode, priority, expiration, userId, ...others } = properties;
  const amqp = {
    ...(routingKey !== undefined && { routingKey }),
    ...(deliveryMode !== undefined && { deliveryMode }),
    ...(priority !== undefined && { priority }),
    ...(expiration !== undefined && { expiration }),
    ...(userId !== undefined && { userId }),
  };
  return { amqp: Object.keys(amqp).length > 0 ? amqp : undefined, others };
}
