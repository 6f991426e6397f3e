/** MatMQ: images (OpenCV matrices) and other messages through RabbitMQ. */

export { codecMemory, codecThreads, setCodecMemory, setCodecThreads, versions } from './addon/runtime.js';
export type { ArgumentError } from './base/argument.js';
export type { ErrorCode } from './base/error-codes.js';
export {
  ChannelError,
  ClosedError,
  ConnectionError,
  MatmqError,
  PublishError,
  type PublishFailure,
} from './base/errors.js';
export type { FieldValue } from './base/field-table.js';
export type { WaitOptions } from './base/wait-options.js';
export type { QueueOptions } from './connection/amqp-options.js';
export type { AckMode, ConsumerOptions, Limits } from './connection/consumer-options.js';
export type { ConnectionEvents } from './connection/lifecycle.js';
export type { ConnectionOptions, HighWaterMark, ReconnectOptions } from './connection/options.js';
export type { ProducerOptions, WhenFull } from './connection/producer-options.js';
export type { TlsOptions } from './connection/tls-options.js';
export type { MessageProperties } from './consumer/amqp-properties.js';
export { Consumer, type ConsumerStats } from './consumer/consumer.js';
export { EndOfTransmission, ImageError } from './consumer/errors.js';
export type { Message, MessageType, ReceivedImage } from './consumer/message.js';
export type {
  ImagesOptions,
  MessagesOptions,
  ReceiveImageOptions,
  ReceiveOptions,
} from './consumer/receive-options.js';
export {
  CV_8S,
  CV_8SC1,
  CV_8SC2,
  CV_8SC3,
  CV_8SC4,
  CV_8U,
  CV_8UC1,
  CV_8UC2,
  CV_8UC3,
  CV_8UC4,
  CV_16S,
  CV_16SC1,
  CV_16SC2,
  CV_16SC3,
  CV_16SC4,
  CV_16U,
  CV_16UC1,
  CV_16UC2,
  CV_16UC3,
  CV_16UC4,
  CV_32F,
  CV_32FC1,
  CV_32FC2,
  CV_32FC3,
  CV_32FC4,
  CV_32S,
  CV_32SC1,
  CV_32SC2,
  CV_32SC3,
  CV_32SC4,
  CV_64F,
  CV_64FC1,
  CV_64FC2,
  CV_64FC3,
  CV_64FC4,
  type CvTypeName,
  type DepthName,
  type MatData,
  makeType,
  typeName,
} from './image/cv-type.js';
export type { DecodableFormat, ImageEncoding, ImageFormat } from './image/formats.js';
export { Mat, type Rect } from './image/mat.js';
export type { MatLike } from './image/mat-fields.js';
export type { DecodeOptions, EncodeOptions, ImageOptions, ReadOptions, WriteOptions } from './image/options.js';
export type { ImageDataOutput, Opencv4nodejs, SharpInput } from './image/sinks.js';
export type { ImageDataLike, ImageSource, Opencv4nodejsMat, SharpRaw } from './image/sources.js';
export { Producer, type ProducerStats } from './producer/producer.js';
export type { Receipt } from './producer/receipt.js';
export type { SendEotOptions, SendImageOptions, SendOptions } from './producer/send-options.js';
export type { SendProperties } from './producer/send-properties.js';
