/**
 * The errors that a program meets. Two of them carry a received message, whose type belongs to the room above:
 * consumer/errors.ts gives both classes their public type.
 */
import type { ErrorCode } from './error-codes.js';

/** The base of all errors of MatMQ. Wrong arguments are a `TypeError` or `RangeError` with code `INVALID_ARGUMENT`. */
export class MatmqError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The broker cannot be reached, refuses the login, or the connection failed. */
export class ConnectionError extends MatmqError {
  /** The AMQP reply code, when the broker gave one. */
  readonly replyCode: number | undefined;

  constructor(code: ErrorCode, message: string, replyCode?: number, options?: ErrorOptions) {
    super(code, message, options);
    this.replyCode = replyCode;
  }
}

/** The broker refused an operation: a mismatched declaration, a missing queue, no permission, ... */
export class ChannelError extends MatmqError {
  /** The AMQP reply code, such as 404 or 406, when the broker gave one. */
  readonly replyCode: number | undefined;

  constructor(code: ErrorCode, message: string, replyCode?: number, options?: ErrorOptions) {
    super(code, message, options);
    this.replyCode = replyCode;
  }
}

/** One message that `flush()` found not to have arrived. */
export interface PublishFailure {
  /** The `sequence` of the message's `Receipt`. */
  readonly sequence: number;
  /** The message's AMQP `message_id`. */
  readonly messageId: string;
  /** Why: mostly a `PublishError`; an `ImageError` when the image could not be encoded. */
  readonly error: Error;
}

/** A message was not published; from `flush()`, a list of them. */
export class PublishError extends MatmqError {
  /**
   * With code `PUBLISH_FAILED`: the messages that failed, in the order they were sent. Beyond the first 10,000 they are
   * only counted, in `message`. Empty with other codes.
   */
  readonly failures: readonly PublishFailure[];

  constructor(code: ErrorCode, message: string, failures: readonly PublishFailure[] = [], options?: ErrorOptions) {
    super(code, message, options);
    this.failures = failures;
  }
}

/** An image cannot be encoded, decoded, read or written, or a body is no image. */
export class ImageError<Received = unknown> extends MatmqError {
  /** The message whose body it was, when one was received: read it, or, with `ack: 'manual'`, `nack(false)` it. */
  readonly received: Received | undefined;

  constructor(code: ErrorCode, message: string, received?: Received, options?: ErrorOptions) {
    super(code, message, options);
    this.received = received;
  }
}

/** The producer said that nothing follows. Iteration ends with it; `receive()` and `receiveImage()` reject with it. */
export class EndOfTransmission<Received = unknown> extends MatmqError {
  /** The message that said so; it is acknowledged already. */
  readonly received: Received | undefined;

  constructor(message = 'end of transmission', received?: Received) {
    super('END_OF_TRANSMISSION', message);
    this.received = received;
  }
}

/** The producer or consumer was closed by this program. */
export class ClosedError extends MatmqError {
  constructor(message: string, options?: ErrorOptions) {
    super('CLOSED', message, options);
  }
}

const named = {
  MatmqError,
  ConnectionError,
  ChannelError,
  PublishError,
  ImageError,
  EndOfTransmission,
  ClosedError,
};
// The name is on the prototype, as that of the language's own errors is, so that it is not listed with each error.
for (const [name, { prototype }] of Object.entries(named)) {
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true });
}
