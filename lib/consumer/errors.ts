/** The public types of the errors that carry a received message. The classes themselves belong to base/. */
import {
  EndOfTransmission as EndOfTransmissionOf,
  type ErrorCode,
  ImageError as ImageErrorOf,
} from '../base/errors.js';
import type { Message } from './message.js';

/** An image cannot be encoded, decoded, read or written, or a body is no image. */
export type ImageError = ImageErrorOf<Message>;

/** An image cannot be encoded, decoded, read or written, or a body is no image. */
export const ImageError: {
  new (code: ErrorCode, message: string, received?: Message, options?: ErrorOptions): ImageError;
  readonly prototype: ImageError;
} = ImageErrorOf;

/** The producer said that nothing follows. Iteration ends with it; `receive()` and `receiveImage()` reject with it. */
export type EndOfTransmission = EndOfTransmissionOf<Message>;

/** The producer said that nothing follows. Iteration ends with it; `receive()` and `receiveImage()` reject with it. */
export const EndOfTransmission: {
  new (message?: string, received?: Message): EndOfTransmission;
  readonly prototype: EndOfTransmission;
} = EndOfTransmissionOf;
