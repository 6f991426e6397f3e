/** Decodes that a signal ends. */
import { getAddon } from '../addon/addon.js';
import type { NativeCancellation, NativeDecodeOptions } from '../addon/contract.js';
import { Pending } from '../base/pending.js';
import { bare } from '../base/readers.js';

/**
 * Runs a decode that ends when `signal` is aborted: the promise rejects with the signal's reason at once, the codec
 * thread stops soon after.
 */
export async function cancellable<T>(
  signal: AbortSignal | undefined,
  start: (cancellation: NativeCancellation | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return start(undefined);
  signal.throwIfAborted();
  const addon = getAddon();
  const cancellation = addon.newCancellation();
  const pending = new Pending<T>({ signal });
  pending.onGivenUp = () => addon.cancel(cancellation);
  // Called within a promise: it may throw at once.
  Promise.resolve(cancellation)
    .then(start)
    .then(
      (value) => pending.resolve(value),
      (error: unknown) => pending.reject(error),
    );
  return pending.promise;
}

export function withCancellation(
  options: NativeDecodeOptions,
  cancellation: NativeCancellation | undefined,
): NativeDecodeOptions {
  return cancellation === undefined ? options : bare({ ...options, cancellation });
}
