import { AMQPClient } from '@cloudamqp/amqp-client';
import { FRAME_MAX, inLanes, prefetchOf, type RoundTripClient, tlsOf, urlOf, windowOf } from '../harness/client.js';
import type { Target } from '../harness/protocol.js';

async function open(target: Target) {
  const connection = await new AMQPClient(`${urlOf(target)}?frameMax=${FRAME_MAX}`, tlsOf(target)).connect();
  const channel = await connection.channel();
  await channel.exchangeDeclare(target.exchange, 'direct', { durable: false });
  return { connection, channel };
}

export const client: RoundTripClient = {
  async openPublisher(target, { size, confirm }) {
    const { exchange, routingKey } = target;
    const { connection, channel } = await open(target);
    if (confirm) await channel.confirmSelect();
    const lanes = windowOf(size);
    const send = (body: Buffer) => channel.basicPublish(exchange, routingKey, body);
    return {
      send,
      publish: (body, count) => inLanes(count, lanes, () => send(body)),
      close: () => connection.close(),
    };
  },

  async openConsumer(target, { size, confirm }, received) {
    const { exchange, routingKey } = target;
    const { connection, channel } = await open(target);
    const { name } = await channel.queueDeclare('', { exclusive: true, autoDelete: true, durable: false });
    await channel.queueBind(name, exchange, routingKey);
    if (confirm) await channel.basicQos(prefetchOf(size));
    await channel.basicConsume(name, { noAck: !confirm }, (message) => {
      received(message.bodySize);
      return confirm ? message.ack() : undefined;
    });
    return { close: () => connection.close() };
  },
};
