/** An image that was received. */
import { inspect } from 'node:util';
import { Mat, pixelsToRelease } from './mat.js';
import type { Message } from './message.js';
import type { NativeMat } from './native.js';
import { elementsOfNative } from './native-mat.js';

/** A `Mat` with the message it came in. A raw matrix is a view into the message's body. */
export class ReceivedImage extends Mat implements Disposable {
  /** The envelope: properties, routing key, `ack()`, `nack()`, ... */
  readonly message: Message;

  constructor(native: NativeMat, message: Message) {
    const { rows, cols, type, step } = native;
    super(rows, cols, type, elementsOfNative(native), step);
    this.message = message;
  }

  /**
   * Gives the memory of the pixels and of the message's body back now, instead of when JavaScript's garbage collector
   * finds them unused. `data` and `message.body` are gone from then on. May be called twice.
   */
  release(): void {
    this.message.releaseWith(pixelsToRelease(this));
  }

  override [inspect.custom](): object {
    return { ...super[inspect.custom](), message: this.message };
  }

  /** `using image = await consumer.receiveImage()` releases it at the end of the block. */
  [Symbol.dispose](): void {
    this.release();
  }
}
