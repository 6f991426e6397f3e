import { Consumer, CV_8UC3, Mat, Producer } from 'matmq';
import { type Client, type PictureClient, urlOf } from '../harness/client.js';
import type { Target } from '../harness/protocol.js';

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

function openProducer(target: Target, confirm: boolean): Promise<Producer> {
  return Producer.connect({ ...connectionOptions(target), confirm });
}

async function sendNewImages(producer: Producer, size: number, count: number, transfer: boolean): Promise<void> {
  const [rows, cols] = shapeOf(size);
  for (let i = 0; i < count; i++) {
    const picture = new Mat(rows, cols, CV_8UC3);
    picture.data.fill(i);
    await producer.sendImage(picture, 'raw', { transfer });
  }
}

/**
 * `reuse`: memory goes back at once, that of a received body when the next one is wanted, that of a picture made for
 * sending when it is confirmed. The others keep theirs until it is collected.
 */
export const clientWith = (reuse: boolean): Client => ({
  async openPublisher(target, { confirm, payload }) {
    const producer = await openProducer(target, confirm);
    return {
      async publish(body, count) {
        if (payload === 'image') {
          const picture = new Mat(...shapeOf(body.length), CV_8UC3, body);
          for (let i = 0; i < count; i++) await producer.sendImage(picture, 'raw');
        } else if (payload === 'new-images') {
          await sendNewImages(producer, body.length, count, reuse);
        } else {
          for (let i = 0; i < count; i++) await producer.send(body);
        }
        await producer.flush();
      },
      close: () => producer.exit(),
    };
  },

  async openConsumer(target, { confirm, payload }, received) {
    const consumer = await Consumer.connect({ ...connectionOptions(target), ack: confirm ? 'auto' : 'none' });
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

export const client = clientWith(false);

export const pictureClient: PictureClient = {
  channels: 'bgr',

  async openPicturePublisher(target, quality) {
    const producer = await openProducer(target, true);
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
