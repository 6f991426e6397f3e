/** Messages that cannot be worked on: they go where the queue's arguments say, and do not come again and again. */
import type { Consumer } from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import { openConsumer, openPair, openProducer, ownQueue, unique } from '../../support/clients.js';
import { pika } from '../../support/python.js';

/** A consumer of the queue where dead letters go, and the arguments of a queue that sends them there. */
async function deadLetters(): Promise<{ dead: Consumer; args: { [name: string]: string | number } }> {
  const exchange = unique('dead');
  const dead = await openConsumer({ exchange, exchangeType: 'fanout', queue: ownQueue() });
  return { dead, args: { 'x-dead-letter-exchange': exchange } };
}

const firstDeath = (message: { properties: { headers?: unknown } }) =>
  (message.properties.headers as { 'x-death': { reason: string; count: number }[] })['x-death'][0];

describe('a poison message', () => {
  it('that is requeued each time reaches the delivery limit of a quorum queue, and is dead-lettered', async () => {
    const { dead, args } = await deadLetters();
    const queue = ownQueue({ type: 'quorum', arguments: { ...args, 'x-delivery-limit': 3 } });
    const { producer, consumer } = await openPair({ queue, ack: 'manual' });
    await producer.send('poison');
    await producer.send('fine');
    const letter = dead.receive();
    const over = new AbortController();
    void letter.finally(() => over.abort());
    const texts: string[] = [];
    for (;;) {
      const message = await consumer.receive({ signal: over.signal }).catch(() => undefined);
      if (message === undefined) break;
      texts.push(message.text());
      expect(message.text() === 'fine' ? message.ack() : message.nack()).toBe(true);
    }
    expect((await letter).text()).toBe('poison');
    expect(firstDeath(await letter)).toMatchObject({ reason: 'delivery_limit', count: 1 });
    // The first delivery, and three more.
    expect(texts.filter((text) => text === 'poison')).toHaveLength(4);
  });

  it('whose body is above the limit goes to the dead-letter exchange by itself', async () => {
    const { dead, args } = await deadLetters();
    const { producer, consumer } = await openPair(
      { queue: ownQueue({ arguments: args }) },
      { consumer: { limits: { messageBytes: 100 } } },
    );
    await producer.send('x'.repeat(101));
    await producer.send('fine');
    await expect(consumer.receive()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect((await consumer.receive()).text()).toBe('fine');
    expect((await dead.receive()).size).toBe(101);
  });

  it('whose image is damaged is acknowledged with ack: auto, and does not come again', async () => {
    const { producer, consumer } = await openPair({ queue: ownQueue() });
    await producer.send('no image');
    await producer.send('text');
    await expect(consumer.receiveImage()).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
    expect((await consumer.receive()).text()).toBe('text');
    await consumer.exit();
    expect(consumer.stats()).toMatchObject({ received: 2, acknowledged: 2 });
  });
});

describe('a message that expires', () => {
  it('before anybody takes it goes to the dead-letter exchange of its queue', async () => {
    const { dead, args } = await deadLetters();
    const exchange = unique('exchange');
    const queue = unique('queue');
    const table = JSON.stringify({ ...args, 'x-message-ttl': 1, 'x-expires': 60_000 });
    await pika(
      inject('brokerUrl'),
      exchange,
      '',
      [
        `channel.exchange_declare('${exchange}')`,
        `channel.queue_declare('${queue}', arguments=json.loads('${table}'))`,
        `channel.queue_bind('${queue}', '${exchange}', 'my_key_1')`,
      ].join('\n'),
    );
    const producer = await openProducer({ exchange });
    await producer.send('late');
    const letter = await dead.receive();
    expect(letter.text()).toBe('late');
    expect(firstDeath(letter)).toMatchObject({ reason: 'expired', count: 1 });
  });
});
