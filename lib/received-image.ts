/** An image that was received. */
import { depthBytes, elementsOf } from './cv-type.js';
import { Mat } from './mat.js';
import type { Message } from './message.js';
import type { NativeMat } from './native.js';

/** A `Mat` with the message it came in. A raw matrix is a view into the message's body. */
export class ReceivedImage extends Mat implements Disposable {
  /** The envelope: properties, routing key, `ack()`, `nack()`, ... */
  readonly message: Message;

  constructor(native: NativeMat, message: Message) {
    const { rows, cols, type, step, data } = native;
    // A view into a body may lie at an odd address, where no typed array of a larger element can begin.
    const isAligned = data.byteOffset % depthBytes(type) === 0;
    const { buffer, byteOffset, byteLength } = isAligned ? data : data.slice();
    const needed = (rows - 1) * step + cols * depthBytes(type) * ((type >> 3) + 1);
    super(rows, cols, type, elementsOf(type, buffer, byteOffset, Math.min(byteLength, needed)), step);
    this.message = message;
  }

  /**
   * Gives the memory of the pixels and of the message's body back now, instead of when JavaScript's garbage collector
   * finds them unused. `data` is empty from then on, and `message.body` gone. May be called twice.
   */
  release(): void {
    this.message.releaseWith(this.data);
  }

  /** `using image = await consumer.receiveImage()` releases it at the end of the block. */
  [Symbol.dispose](): void {
    this.release();
  }
}
