/** The codes of all errors: the one list of them in TypeScript. Tests compare the core and docs/api.md with it. */
export const ERROR_CODES = [
  // ConnectionError
  /** The URL cannot be parsed. */
  'INVALID_URL',
  /** The host's name does not resolve. */
  'HOST_NOT_FOUND',
  /** Nobody listens there, there is no route, or the peer reset the connection while it was made. */
  'CONNECT_FAILED',
  /** Not ready within `connectTimeout`. */
  'CONNECT_TIMEOUT',
  /** The broker refused user and password. */
  'AUTHENTICATION_FAILED',
  /** The virtual host is missing, or the user may not enter it. */
  'VHOST_REFUSED',
  /** The socket failed after the connection was open. */
  'CONNECTION_LOST',
  /** The broker was silent for two heartbeats. */
  'HEARTBEAT_TIMEOUT',
  /** The broker was alive and did not confirm the oldest message for `confirmTimeout`. */
  'CONFIRM_TIMEOUT',
  /** The broker refused each message (`NACKED`) on a connection that was made again. */
  'ALL_REFUSED',
  /** The broker closed the connection. */
  'CONNECTION_CLOSED',
  /** The peer sent what is not AMQP 0-9-1, or not what this state allows. */
  'PROTOCOL_ERROR',
  /** The TLS library (GnuTLS) is not installed. */
  'TLS_UNAVAILABLE',
  /** A file, certificate or key of `tls` cannot be used; the message names the option. */
  'INVALID_TLS_OPTION',
  /** The peer speaks no TLS, or no version from 1.2 on, or refused the client certificate. */
  'TLS_FAILED',
  /** The broker's certificate is not trusted, not valid now, or for another name. */
  'CERTIFICATE_REFUSED',
  // ChannelError
  'CHANNEL_CLOSED',
  /** 403 */
  'ACCESS_REFUSED',
  /** 404 */
  'NOT_FOUND',
  /** 405 */
  'RESOURCE_LOCKED',
  /** 406: for example an exchange that exists with another type. */
  'PRECONDITION_FAILED',
  /** The queue went away under the consumer. */
  'CONSUMER_CANCELLED',
  // PublishError
  /** The broker did not take the message. */
  'NACKED',
  /** `mandatory`, and no queue is bound for the message. */
  'UNROUTABLE',
  /** Above the broker's limit for one message. */
  'TOO_LARGE',
  /** `whenFull: 'reject'`, and the high-water mark is reached. */
  'QUEUE_FULL',
  /** `whenFull: 'dropOldest'` made room for a newer message. */
  'DROPPED',
  /** The producer was closed before the broker confirmed the message. */
  'NOT_CONFIRMED',
  /** Messages failed; `failures` says which and why. */
  'PUBLISH_FAILED',
  // ImageError
  /** An encoding MatMQ does not know. */
  'UNKNOWN_FORMAT',
  /** The library of a format that is loaded when it is needed is not installed. */
  'CODEC_MISSING',
  /** The format cannot hold this matrix. */
  'CANNOT_ENCODE',
  /** The body is damaged. */
  'CANNOT_DECODE',
  /** The body is none of the allowed image formats. */
  'NOT_AN_IMAGE',
  /** The image is larger than `limits` allows. */
  'LIMIT_EXCEEDED',
  /** An empty matrix, or one whose fields contradict each other. */
  'INVALID_MATRIX',
  /** Of C++: the stop of a decode was requested. In JavaScript it is the reason of its signal. */
  'CANCELLED',
  /** An image file cannot be read: the message has the path and the system's reason. */
  'CANNOT_READ_FILE',
  /** An image file cannot be written: the message has the path and the system's reason. */
  'CANNOT_WRITE_FILE',
  // MatmqError: a received message
  /** The properties of a message cannot be read; it was rejected to the broker, without requeue. */
  'MALFORMED_PROPERTIES',
  /** The segments of a message contradict each other, or its checksum is wrong; they were rejected, without requeue. */
  'BAD_SEGMENTS',
  /** A segment of a message is missing; the others were rejected, without requeue. */
  'INCOMPLETE_MESSAGE',
  // EndOfTransmission, ClosedError
  'END_OF_TRANSMISSION',
  'CLOSED',
  // MatmqError itself
  /** `timeout` is over. */
  'TIMEOUT',
  /** The message was acknowledged or rejected before. */
  'ALREADY_SETTLED',
  /** `ack()` or `nack()` without `ack: 'manual'`. */
  'ACK_NOT_MANUAL',
  /** The body of a message, or the pixels of a `Mat`, after `release()`, `transfer` or `postMessage`. */
  'RELEASED',
  /** The native addon could not be loaded. */
  'ADDON_NOT_LOADED',
  /** The system gives no thread or descriptor; the message has its reason. */
  'OUT_OF_RESOURCES',
  /** What no other code describes: a fault of MatMQ or of a library. Please report it. */
  'INTERNAL_ERROR',
  // TypeError, RangeError
  'INVALID_ARGUMENT',
] as const;

/** What went wrong: stable strings to compare with. */
export type ErrorCode = (typeof ERROR_CODES)[number];
