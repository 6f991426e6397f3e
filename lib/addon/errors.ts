/** The errors of the addon as those that a program sees. */
import { withCode } from '../base/argument.js';
import type { ErrorCode } from '../base/error-codes.js';
import {
  ChannelError,
  ClosedError,
  ConnectionError,
  EndOfTransmission,
  ImageError,
  MatmqError,
  PublishError,
} from '../base/errors.js';
import type { NativeError } from './contract.js';

/** An error that the addon reported. `received` is the message that it is about. */
export function fromNative(native: NativeError, received?: unknown): Error {
  const { message } = native;
  const code = native.code as ErrorCode;
  const replyCode = native.replyCode === 0 ? undefined : native.replyCode;
  switch (native.kind) {
    case 'connection':
      return new ConnectionError(code, message, replyCode);
    case 'channel':
      return new ChannelError(code, message, replyCode);
    case 'publish':
      return new PublishError(code, message);
    case 'image':
      return new ImageError(code, message, received);
    case 'endOfTransmission':
      return new EndOfTransmission(message, received);
    case 'closed':
      return code === 'CLOSED' ? new ClosedError(message) : new MatmqError(code, message);
    case 'argument':
      return withCode(new RangeError(message));
    default:
      return new MatmqError(code, message);
  }
}

/** What a call of the addon threw, as the program sees it. */
export function fromThrown(thrown: unknown): unknown {
  return isNativeError(thrown) ? fromNative(thrown) : thrown;
}

export function isNativeError(value: unknown): value is NativeError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    'code' in value &&
    typeof value.code === 'string'
  );
}
