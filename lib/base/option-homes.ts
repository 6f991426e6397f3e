/** Where options belong that are often given elsewhere: for the error of a name that is not known there. */

const OF_PROPERTIES = 'it is a property of the message: { properties: { … } }';
const OF_PRODUCER = 'it is an option of Producer.connect()';
const OF_CONSUMER = 'it is an option of Consumer.connect()';
const OF_DECODING = 'it is an option of receiveImage(), images(), message.image(), Mat.decode() and Mat.read()';
const OF_ENCODING = 'it is an option of sendImage(), mat.encode() and mat.write()';
const OF_LIMITS = 'it is one of the limits of Consumer.connect(), Mat.decode() and Mat.read(): { limits: { … } }';

const HOMES: Readonly<Record<string, string>> = {
  headers: OF_PROPERTIES,
  contentType: OF_PROPERTIES,
  contentEncoding: OF_PROPERTIES,
  correlationId: OF_PROPERTIES,
  replyTo: OF_PROPERTIES,
  timestamp: OF_PROPERTIES,
  deliveryMode: OF_PROPERTIES,
  priority: OF_PROPERTIES,
  expiration: OF_PROPERTIES,
  userId: OF_PROPERTIES,
  persistent: 'it is an option of Producer.connect(); for one message, say { properties: { deliveryMode: 2 } }',
  confirm: OF_PRODUCER,
  confirmTimeout: OF_PRODUCER,
  mandatory: OF_PRODUCER,
  maxMessageSize: OF_PRODUCER,
  whenFull: OF_PRODUCER,
  segment: `${OF_PRODUCER}; Consumer.connect() has segments`,
  queue: 'it is an option of Consumer.connect(), which declares and binds the queue; a producer sends to an exchange',
  prefetch: OF_CONSUMER,
  ack: OF_CONSUMER,
  segments: `${OF_CONSUMER}; Producer.connect() has segment`,
  formats: 'it is an option of Consumer.connect(), and of each decode',
  limits: 'it is an option of Consumer.connect(), Mat.decode() and Mat.read()',
  pixels: OF_LIMITS,
  decodedBytes: OF_LIMITS,
  decodeTime: OF_LIMITS,
  messageBytes: 'it is one of the limits of Consumer.connect(): { limits: { messageBytes: … } }',
  mode: OF_DECODING,
  ignoreOrientation: OF_DECODING,
  reduce: OF_DECODING,
  damaged: OF_DECODING,
  quality: OF_ENCODING,
  progressive: OF_ENCODING,
  compression: OF_ENCODING,
  lossless: OF_ENCODING,
  channelOrder: OF_ENCODING,
  reuse: 'it is an option of messages() and images()',
};

/** What to do with a name that is known elsewhere. */
export function homeOf(name: string): string | undefined {
  return Object.hasOwn(HOMES, name) ? HOMES[name] : undefined;
}
