/** What of the addon's contract belongs to AMQP alone. */
import type { FieldValue } from '../base/field-table.js';

export interface NativeAmqpConnectionOptions {
  readonly heartbeatSeconds: number;
  readonly login: 'plain' | 'external';
  readonly frameMax: number;
  readonly exchange: string;
  readonly exchangeType: string;
  readonly durable: boolean;
  readonly declare: boolean;
}

export interface NativeAmqpProducerOptions extends NativeAmqpConnectionOptions {
  readonly routingKey: string;
  readonly confirm: boolean;
  readonly confirmTimeoutMs: number;
  readonly persistent: boolean;
  readonly mandatory: boolean;
  /** 0: known from the broker's version. */
  readonly maxMessageSize: number;
}

export interface NativeAmqpQueueOptions {
  readonly name: string;
  readonly durable: boolean;
  readonly type: 'classic' | 'quorum' | 'stream';
  readonly arguments: { readonly [name: string]: FieldValue };
  readonly redeclare: boolean;
  /** Unset: 'next'. */
  readonly streamOffset?: 'first' | 'last' | 'next' | number | Date;
}

export interface NativeAmqpConsumerOptions extends NativeAmqpConnectionOptions {
  readonly routingKey: readonly string[];
  readonly queue?: NativeAmqpQueueOptions;
}

/** The properties of a message that AMQP alone has. */
export interface NativeAmqpProperties {
  deliveryMode?: number;
  priority?: number;
  expiration?: string;
  userId?: string;
}

/** What one send adds to the producer's options. */
export interface NativeAmqpSendOptions extends NativeAmqpProperties {
  routingKey?: string;
}
