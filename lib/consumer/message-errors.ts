/** Errors of the addon that are about a received message. */
import type { NativeError } from '../addon/contract.js';
import { fromNative, isNativeError } from '../addon/errors.js';

/** What the errors need to know of a message. */
interface Received {
  readonly type: string;
}

/** An error that the addon reported about `message`. */
export function errorAbout(message: Received, native: NativeError): Error {
  const { kind, code, replyCode } = native;
  const advice = code === 'NOT_AN_IMAGE' ? sentAs(message) : '';
  return fromNative({ kind, code, replyCode, message: native.message + advice }, message);
}

/** As `errorAbout`, of what a call of the addon threw. */
export function thrownAbout(message: Received, thrown: unknown): unknown {
  return isNativeError(thrown) ? errorAbout(message, thrown) : thrown;
}

/** A queue may carry more than images. */
function sentAs({ type }: Received): string {
  if (type !== 'text' && type !== 'binary') return '';
  return ` (it was sent as ${type}; messages() and receive() give every message, of whatever type)`;
}
