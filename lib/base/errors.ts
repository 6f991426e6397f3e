/**
 * The errors that a program meets. Two of them carry a received message, whose type belongs to the room above:
 * consumer/errors.ts gives both classes their public type.
 */

/** What went wrong: stable strings to compare with. */
export type ErrorCode =
  // ConnectionError
  /** The URL cannot be parsed. */
  | 'INVALID_URL'
  /** The host's name does not resolve. */
  | 'HOST_NOT_FOUND'
  /** Nobody listens there, there is no route, or the peer reset the connection while it was made. */
  | 'CONNECT_FAILED'
  /** Not ready within `connectTimeout`. */
  | 'CONNECT_TIMEOUT'
  /** The broker refused user and password. */
  | 'AUTHENTICATION_FAILED'
  /** The virtual host is missing, or the user may not enter it. */
  | 'VHOST_REFUSED'
  /** The socket failed after the connection was open. */
  | 'CONNECTION_LOST'
  /** The broker was silent for two heartbeats. */
  | 'HEARTBEAT_TIMEOUT'
  /** The broker was alive and did not confirm the oldest message for `confirmTimeout`. */
  | 'CONFIRM_TIMEOUT'
  /** The broker refused each message (`NACKED`) on a connection that was made again. */
  | 'ALL_REFUSED'
  /** The broker closed the connection. */
  | 'CONNECTION_CLOSED'
  /** The peer sent what is not AMQP 0-9-1, or not what this state allows. */
  | 'PROTOCOL_ERROR'
  /** The TLS library (GnuTLS) is not installed. */
  | 'TLS_UNAVAILABLE'
  /** A file, certificate or key of `tls` cannot be used; the message names the option. */
  | 'INVALID_TLS_OPTION'
  /** The peer speaks no TLS, or no version from 1.2 on, or refused the client certificate. */
  | 'TLS_FAILED'
  /** The broker's certificate is not trusted, not valid now, or for another name. */
  | 'CERTIFICATE_REFUSED'
  // ChannelError
  | 'CHANNEL_CLOSED'
  /** 403 */
  | 'ACCESS_REFUSED'
  /** 404 */
  | 'NOT_FOUND'
  /** 405 */
  | 'RESOURCE_LOCKED'
  /** 406: for example an exchange that exists with another type. */
  | 'PRECONDITION_FAILED'
  /** The queue went away under the consumer. */
  | 'CONSUMER_CANCELLED'
  /** Several consumers of one queue tear the segments of a message apart; this one ended and gave its part back. */
  | 'SHARED_QUEUE'
  // PublishError
  /** The broker did not take the message. */
  | 'NACKED'
  /** `mandatory`, and no queue is bound for the message. */
  | 'UNROUTABLE'
  /** Above the broker's limit for one message. */
  | 'TOO_LARGE'
  /** `whenFull: 'reject'`, and the high-water mark is reached. */
  | 'QUEUE_FULL'
  /** `whenFull: 'dropOldest'` made room for a newer message. */
  | 'DROPPED'
  /** The producer was closed before the broker confirmed the message. */
  | 'NOT_CONFIRMED'
  /** Messages failed; `failures` says which and why. */
  | 'PUBLISH_FAILED'
  // ImageError
  /** An encoding MatMQ does not know. */
  | 'UNKNOWN_FORMAT'
  /** The library of a format that is loaded when it is needed is not installed. */
  | 'CODEC_MISSING'
  /** The format cannot hold this matrix. */
  | 'CANNOT_ENCODE'
  /** The body is damaged. */
  | 'CANNOT_DECODE'
  /** The body is none of the allowed image formats. */
  | 'NOT_AN_IMAGE'
  /** The image is larger than `limits` allows. */
  | 'LIMIT_EXCEEDED'
  /** An empty matrix, or one whose fields contradict each other. */
  | 'INVALID_MATRIX'
  /** An image file cannot be read: the message has the path and the system's reason. */
  | 'CANNOT_READ_FILE'
  /** An image file cannot be written: the message has the path and the system's reason. */
  | 'CANNOT_WRITE_FILE'
  // MatmqError: a received message
  /** The properties of a message cannot be read; it was rejected to the broker, without requeue. */
  | 'MALFORMED_PROPERTIES'
  /** The segments of a message contradict each other, or its checksum is wrong; they were rejected, without requeue. */
  | 'BAD_SEGMENTS'
  /** A segment of a message is missing; the others were rejected, without requeue. */
  | 'INCOMPLETE_MESSAGE'
  // EndOfTransmission, ClosedError
  | 'END_OF_TRANSMISSION'
  | 'CLOSED'
  // MatmqError itself
  /** `timeout` is over. */
  | 'TIMEOUT'
  /** The message was acknowledged or rejected before. */
  | 'ALREADY_SETTLED'
  /** `ack()` or `nack()` without `ack: 'manual'`. */
  | 'ACK_NOT_MANUAL'
  /** The body of a message, or the pixels of a `Mat`, after `release()`, `transfer` or `postMessage`. */
  | 'RELEASED'
  /** The native addon could not be loaded. */
  | 'ADDON_NOT_LOADED'
  // TypeError, RangeError
  | 'INVALID_ARGUMENT';

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
