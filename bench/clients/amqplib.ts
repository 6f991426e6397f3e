import { once } from 'node:events';
import { type Channel, type ChannelModel, connect, type Options } from 'amqplib';
import { type Client, FRAME_MAX, prefetchOf, tlsOf, urlOf, windowOf } from '../harness/client.js';
import type { Target } from '../harness/protocol.js';

const EXCHANGE: Options.AssertExchange = { durable: false };

const open = (target: Target) =>
  connect(`${urlOf(target)}?frameMax=${FRAME_MAX}&heartbeat=0`, { noDelay: true, ...tlsOf(target) });

/** The channel first: the connection's close would overtake what the channel has not written yet. */
async function close(channel: Channel, connection: ChannelModel): Promise<void> {
  await channel.close();
  await connection.close();
}

export const client: Client = {
  async openPublisher(target, { size, confirm }) {
    const { exchange, routingKey } = target;
    const connection = await open(target);
    if (!confirm) {
      const channel = await connection.createChannel();
      await channel.assertExchange(exchange, 'direct', EXCHANGE);
      return {
        async publish(body, count) {
          for (let i = 0; i < count; i++) {
            if (!channel.publish(exchange, routingKey, body)) await once(channel, 'drain');
          }
        },
        close: () => close(channel, connection),
      };
    }
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange(exchange, 'direct', EXCHANGE);
    const window = windowOf(size);
    return {
      async publish(body, count) {
        let pending = 0;
        let room: (() => void) | undefined;
        const confirmed = (error: unknown) => {
          if (error) throw error;
          pending--;
          room?.();
        };
        for (let i = 0; i < count; i++) {
          const drained = channel.publish(exchange, routingKey, body, {}, confirmed);
          pending++;
          if (!drained) await once(channel, 'drain');
          while (pending >= window) {
            await new Promise<void>((resolve) => {
              room = resolve;
            });
          }
        }
        await channel.waitForConfirms();
      },
      close: () => close(channel, connection),
    };
  },

  async openConsumer(target, { size, confirm }, received) {
    const { exchange, routingKey } = target;
    const connection = await open(target);
    const channel = await connection.createChannel();
    await channel.assertExchange(exchange, 'direct', EXCHANGE);
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
    await channel.bindQueue(queue, exchange, routingKey);
    if (confirm) await channel.prefetch(prefetchOf(size));
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return;
        received(message.content.length);
        if (confirm) channel.ack(message);
      },
      { noAck: !confirm },
    );
    return { close: () => connection.close() };
  },
};
