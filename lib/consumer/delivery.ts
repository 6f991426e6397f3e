/** A delivery of the addon, unpacked. */
import type { NativeDeliveryValue, NativeError } from '../addon/contract.js';

const VALUES = 6;
const REDELIVERED = 1;
const EOT = 2;
const NO_BODY = new ArrayBuffer(0);

/** A message that was taken from the addon. It has plain values only, so that V8's young collection frees it. */
export class Delivery {
  /** Unique for the life of the consumer, in the order of arrival. */
  readonly number: number;
  readonly #flags: number;
  /** Where it was published to. */
  readonly origin: string;
  readonly key: string;
  /** For `NativeConsumer.properties`. */
  readonly encodedProperties: string;
  /** Bytes of the body, also when its memory was released. */
  readonly size: number;
  /** Why there is no body. */
  readonly error: NativeError | undefined;
  readonly #memory: ArrayBuffer;
  #body: Uint8Array | undefined;

  private constructor(values: readonly NativeDeliveryValue[], at: number) {
    this.number = values[at] as number;
    this.#flags = values[at + 1] as number;
    this.origin = values[at + 2] as string;
    this.key = values[at + 3] as string;
    this.encodedProperties = values[at + 4] as string;
    const body = values[at + 5];
    const hasBody = body instanceof ArrayBuffer;
    this.#memory = hasBody ? body : NO_BODY;
    this.size = this.#memory.byteLength;
    this.error = hasBody ? undefined : (body as NativeError);
  }

  /** For `NativeConsumer.take()`. */
  static readonly all = (...values: NativeDeliveryValue[]): Delivery[] => {
    const deliveries: Delivery[] = [];
    for (let at = 0; at < values.length; at += VALUES) deliveries.push(new Delivery(values, at));
    return deliveries;
  };

  /** The same array each time: a Buffer, made when it is first asked for. */
  get body(): Uint8Array {
    this.#body ??= Buffer.from(this.#memory);
    return this.#body;
  }

  get redelivered(): boolean {
    return (this.#flags & REDELIVERED) !== 0;
  }

  get isEot(): boolean {
    return (this.#flags & EOT) !== 0;
  }
}
