import { randomUUID } from 'node:crypto';
import { Consumer, type ImageEncoding, type Mat, Producer, type ReceivedImage } from 'matmq';

const TIMEOUT = 30_000;

/**
 * MatMQ's codecs, reached through a queue: a file sent as bytes is received as a matrix, and a matrix sent as an image is
 * received as the bytes of a file. MatMQ itself has no function for either yet. One call at a time.
 */
export class CodecQueue implements AsyncDisposable {
  readonly #consumer: Consumer;
  readonly #producer: Producer;

  private constructor(consumer: Consumer, producer: Producer) {
    this.#consumer = consumer;
    this.#producer = producer;
  }

  static async open(url?: string): Promise<CodecQueue> {
    // An exchange that every broker has: nothing is left behind.
    const route = { url, name: 'codec queue', exchange: 'amq.direct', declare: false, routingKey: randomUUID() };
    const consumer = await Consumer.connect(route);
    try {
      const producer = await Producer.connect({ ...route, mandatory: true });
      return new CodecQueue(consumer, producer);
    } catch (error) {
      await consumer.exit();
      throw error;
    }
  }

  /** The matrix of an image file. */
  async decode(file: Uint8Array): Promise<ReceivedImage> {
    await this.#producer.send(file);
    await this.#producer.flush({ timeout: TIMEOUT });
    return this.#consumer.receiveImage({ timeout: TIMEOUT });
  }

  /** The image file of a matrix. */
  async encode(image: Mat, encoding: ImageEncoding): Promise<Uint8Array> {
    await this.#producer.sendImage(image, encoding);
    await this.#producer.flush({ timeout: TIMEOUT });
    return (await this.#consumer.receive({ timeout: TIMEOUT })).body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#producer.exit(), this.#consumer.exit()]);
  }
}
