import { pathToFileURL } from 'node:url';
import { type PictureClient, type RoundTripClient, urlOf } from '../harness/client.js';
import type { Target } from '../harness/protocol.js';

type Library = typeof import('matmq');

/** MatMQ of this checkout, or another one: only that is loaded, and it finds its addon from its own place. */
async function load(library: string | undefined): Promise<Library> {
  return library === undefined ? await import('matmq') : await import(pathToFileURL(library).href);
}

/** A picture of 3 bytes a pixel, as square as its size allows. */
function shapeOf(size: number): [rows: number, cols: number] {
  const pixels = size / 3;
  let rows = Math.floor(Math.sqrt(pixels));
  while (pixels % rows !== 0) rows--;
  return [rows, pixels / rows];
}

/** Nothing that a newcomer would not set, but that a lost connection is the end of a measurement. */
function connectionOptions(target: Target) {
  const { exchange, routingKey, ca } = target;
  const tls = ca === undefined ? undefined : { ca };
  return { url: urlOf(target), tls, exchange, routingKey, reconnect: false };
}

export interface Choices {
  readonly reuse?: boolean;
  /** By the size of the messages. Default: MatMQ's. */
  readonly prefetch?: (size: number) => number;
}

/**
 * `reuse`: memory goes back at once, that of a received body when the next one is wanted, that of a picture made for
 * sending when it is confirmed. The others keep theirs until it is collected.
 */
export const clientWith = ({ reuse = false, prefetch }: Choices = {}): RoundTripClient => ({
  async openPublisher(target, { confirm, payload, library }) {
    const { CV_8UC3, Mat, Producer } = await load(library);
    const producer = await Producer.connect({ ...connectionOptions(target), confirm });
    return {
      send: (body) => producer.send(body),
      async publish(body, count) {
        if (payload === 'image') {
          const picture = new Mat(...shapeOf(body.length), CV_8UC3, body);
          for (let i = 0; i < count; i++) await producer.sendImage(picture, 'raw');
        } else if (payload === 'new-images') {
          const [rows, cols] = shapeOf(body.length);
          for (let i = 0; i < count; i++) {
            const picture = new Mat(rows, cols, CV_8UC3);
            picture.data.fill(i);
            await producer.sendImage(picture, 'raw', { transfer: reuse });
          }
        } else {
          for (let i = 0; i < count; i++) await producer.send(body);
        }
        await producer.flush();
      },
      close: () => producer.exit(),
    };
  },

  async openConsumer(target, { size, confirm, payload, library }, received) {
    const { Consumer } = await load(library);
    const consumer = await Consumer.connect({
      ...connectionOptions(target),
      prefetch: prefetch?.(size),
      ack: confirm ? 'auto' : 'none',
    });
    const receiveAll = async () => {
      if (payload === 'bytes') {
        for await (const message of consumer.messages({ reuse })) received(message.body.byteLength);
      } else {
        for await (const image of consumer.images({ reuse })) received(image.data.byteLength);
      }
    };
    const ended = receiveAll().catch((error: unknown) => {
      if (!consumer.closed) throw error;
    });
    return {
      async close() {
        await consumer.exit();
        await ended;
      },
    };
  },
});

export const client = clientWith();

export const pictureClient: PictureClient = {
  channels: 'bgr',

  async openPicturePublisher(target, { quality, library }) {
    const { CV_8UC3, Mat, Producer } = await load(library);
    const producer = await Producer.connect({ ...connectionOptions(target), confirm: true });
    return {
      async publish(pictures, count) {
        const mats = pictures.map(({ width, height, pixels }) => new Mat(height, width, CV_8UC3, pixels));
        for (let i = 0; i < count; i++) {
          const mat = mats[i % mats.length];
          if (mat !== undefined) await producer.sendImage(mat, '.jpg', { quality });
        }
        await producer.flush();
      },
      close: () => producer.exit(),
    };
  },
};
