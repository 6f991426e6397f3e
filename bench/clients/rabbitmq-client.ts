import { Connection } from 'rabbitmq-client';
import { type Client, FRAME_MAX, inLanes, prefetchOf, tlsOf, urlOf, windowOf } from '../harness/client.js';
import type { Target } from '../harness/protocol.js';

function open(target: Target) {
  const connection = new Connection({
    url: urlOf(target),
    tls: tlsOf(target) ?? false,
    frameMax: FRAME_MAX,
    heartbeat: 0,
    noDelay: true,
  });
  connection.on('error', (error) => console.error(error));
  return connection;
}

export const client: Client = {
  async openPublisher(target, { size, confirm }) {
    const { exchange, routingKey } = target;
    const connection = open(target);
    const publisher = connection.createPublisher({
      confirm,
      exchanges: [{ exchange, type: 'direct', durable: false }],
    });
    const envelope = { exchange, routingKey };
    const lanes = windowOf(size);
    return {
      publish: (body, count) => inLanes(count, lanes, () => publisher.send(envelope, body)),
      async close() {
        await publisher.close();
        await connection.close();
      },
    };
  },

  async openConsumer(target, { size, confirm }, received) {
    const { exchange, routingKey } = target;
    const connection = open(target);
    const channel = await connection.acquire();
    await channel.exchangeDeclare({ exchange, type: 'direct', durable: false });
    const { queue } = await channel.queueDeclare({ exclusive: true, autoDelete: true });
    await channel.queueBind({ queue, exchange, routingKey });
    if (confirm) await channel.basicQos({ prefetchCount: prefetchOf(size) });
    await channel.basicConsume({ queue, noAck: !confirm }, (message) => {
      received((message.body as Buffer).length);
      if (confirm) channel.basicAck({ deliveryTag: message.deliveryTag });
    });
    return {
      // The connection's close waits for the channel to be closed.
      async close() {
        await channel.close();
        await connection.close();
      },
    };
  },
};
