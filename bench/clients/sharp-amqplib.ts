import { connect } from 'amqplib';
import sharp from 'sharp';
import { FRAME_MAX, inLanes, type PictureClient, urlOf } from '../harness/client.js';

/** sharp encodes on libuv's four threads; a few more pictures in flight keep them busy. */
const LANES = 8;

export const pictureClient: PictureClient = {
  channels: 'rgb',

  async openPicturePublisher(target, { quality }) {
    const { exchange, routingKey } = target;
    const connection = await connect(`${urlOf(target)}?frameMax=${FRAME_MAX}&heartbeat=0`, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange(exchange, 'direct', { durable: false });
    // One thread a picture: several pictures at a time use the cores better than several threads on one.
    sharp.concurrency(1);
    return {
      async publish(pictures, count) {
        await inLanes(count, LANES, async (index) => {
          const picture = pictures[index % pictures.length];
          if (picture === undefined) return;
          const { width, height, pixels } = picture;
          const raw = { width, height, channels: 3 } as const;
          const jpeg = await sharp(pixels, { raw }).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
          channel.publish(exchange, routingKey, jpeg);
        });
        await channel.waitForConfirms();
      },
      async close() {
        await channel.close();
        await connection.close();
      },
    };
  },
};
