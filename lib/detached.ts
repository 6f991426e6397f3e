/** Memory that is gone: its ArrayBuffer was detached. */

/** ES2024, in Node from 21 on. */
interface ModernBuffer {
  readonly detached?: boolean;
}

/** For errors: what is expected of memory, and what may have become of it. */
export const ATTACHED = 'memory that is not detached';
export const DETACHED = 'it was released, or given away (transfer, postMessage). Copy it before';

export function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength !== 0) return false;
  const { detached } = buffer as ModernBuffer;
  if (detached !== undefined) return detached;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
