/** MatMQ: images (OpenCV matrices) and other messages through RabbitMQ. */
export type { ArgumentError } from './argument.js';
export { Consumer, type ConsumerStats } from './consumer.js';
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
} from './cv-type.js';
export {
  ChannelError,
  ClosedError,
  ConnectionError,
  EndOfTransmission,
  type ErrorCode,
  ImageError,
  MatmqError,
  PublishError,
  type PublishFailure,
} from './errors.js';
export type {
  DecodableFormat,
  DecodeOptions,
  EncodeOptions,
  ImageEncoding,
  ImageFormat,
  ReadOptions,
  WriteOptions,
} from './image-options.js';
export type { ImageDataOutput, Opencv4nodejs, SharpInput } from './image-sink.js';
export type { ImageDataLike, ImageSource, Opencv4nodejsMat, SharpRaw } from './image-source.js';
export type { ConnectionEvents } from './lifecycle.js';
export { Mat, type MatLike, type Rect } from './mat.js';
export type { Message, MessageProperties, MessageType } from './message.js';
export type { FieldValue } from './native.js';
export type {
  AckMode,
  ConnectionOptions,
  ConsumerOptions,
  HighWaterMark,
  Limits,
  ProducerOptions,
  QueueOptions,
  ReconnectOptions,
  TlsOptions,
  WhenFull,
} from './options.js';
export type { WaitOptions } from './pending.js';
export { Producer, type ProducerStats } from './producer.js';
export type { Receipt } from './receipt.js';
export type {
  ImagesOptions,
  MessagesOptions,
  ReceiveImageOptions,
  ReceiveOptions,
} from './receive-options.js';
export type { ReceivedImage } from './received-image.js';
export { codecThreads, setCodecThreads, versions } from './runtime.js';
export type { SendEotOptions, SendImageOptions, SendOptions, SendProperties } from './send-options.js';
