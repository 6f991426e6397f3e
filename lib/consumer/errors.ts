/**
 * The public types of the errors that carry a received message. The classes belong to base/, where the type of a
 * message is not known. The local names differ from those of the classes so that the bundler need not rename the
 * classes.
 */
import type { ErrorCode } from '../base/error-codes.js';
import { EndOfTransmission, ImageError } from '../base/errors.js';
import type { Message } from './message.js';

/** An image cannot be encoded, decoded, read or written, or a body is no image. */
type ImageErrorOfMessage = ImageError<Message>;

/** An image cannot be encoded, decoded, read or written, or a body is no image. */
const ImageErrorOfMessage: {
  new (code: ErrorCode, message: string, received?: Message, options?: ErrorOptions): ImageErrorOfMessage;
  readonly prototype: ImageErrorOfMessage;
} = ImageError;

/** The producer said that nothing follows. Iteration ends with it; `receive()` and `receiveImage()` reject with it. */
type EndOfMessages = EndOfTransmission<Message>;

/** The producer said that nothing follows. Iteration ends with it; `receive()` and `receiveImage()` reject with it. */
const EndOfMessages: {
  new (message?: string, received?: Message): EndOfMessages;
  readonly prototype: EndOfMessages;
} = EndOfTransmission;

export { EndOfMessages as EndOfTransmission, ImageErrorOfMessage as ImageError };
