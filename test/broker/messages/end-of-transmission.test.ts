import { type Consumer, CV_8UC3, EndOfTransmission } from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import { numbered, openConsumer, openPair, ownQueue, sendAll } from '../../support/clients.js';
import { noise } from '../../support/mats.js';
import { pika } from '../../support/python.js';

async function textsUntilEnd(consumer: Consumer): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of consumer.messages()) texts.push(message.text());
  return texts;
}

describe('the end of transmission', () => {
  it('ends a loop over messages, and another loop gets what follows', async () => {
    const { producer, consumer } = await openPair();
    for (const run of ['a', 'b']) {
      await sendAll(producer, [`${run}1`, `${run}2`]);
      await producer.sendEOT();
    }
    expect(await textsUntilEnd(consumer)).toEqual(['a1', 'a2']);
    expect(await textsUntilEnd(consumer)).toEqual(['b1', 'b2']);
  });

  it('ends a loop over images', async () => {
    const { producer, consumer } = await openPair();
    for (let i = 1; i <= 5; i++) await producer.sendImage(noise(10 * i, 10, CV_8UC3));
    const [receipt] = await producer.sendEOT();
    expect(receipt?.sequence).toBe(6);
    const rows: number[] = [];
    for await (const image of consumer.images()) rows.push(image.rows);
    expect(rows).toEqual([10, 20, 30, 40, 50]);
  });

  it('rejects receive() and receiveImage(), with its message', async () => {
    const { producer, consumer } = await openPair({}, { producer: { name: 'camera-1' } });
    await producer.sendEOT(2);
    for (const receive of [consumer.receive(), consumer.receiveImage()]) {
      const error = await receive.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(EndOfTransmission);
      expect(error).toMatchObject({
        code: 'END_OF_TRANSMISSION',
        received: { type: 'eot', appId: 'camera-1', size: 1 },
      });
    }
    await producer.send('after');
    expect((await consumer.receive()).text()).toBe('after');
  });

  it('comes behind everything that was sent before, slow images included', async () => {
    const { producer, consumer } = await openPair();
    void producer.sendImage(noise(800, 800, CV_8UC3), '.png');
    void producer.sendEOT();
    expect((await consumer.receiveImage()).rows).toBe(800);
    await expect(consumer.receiveImage()).rejects.toThrow(EndOfTransmission);
  });

  it('reaches every consumer of a queue when it is sent once for each', async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue, prefetch: 3 });
    const others = [await openConsumer({ exchange, queue, prefetch: 3 }), await openConsumer({ exchange, queue })];
    const loops = [consumer, ...others].map(async (each) => {
      const texts = await textsUntilEnd(each);
      // Who has seen the end must not take that of another, nor hold messages back.
      await each.exit();
      return texts;
    });
    await sendAll(producer, numbered(60));
    const receipts = await producer.sendEOT(3);
    expect(receipts).toHaveLength(3);
    const texts = (await Promise.all(loops)).flat();
    expect(texts.map(Number).sort((a, b) => a - b)).toEqual(numbered(60).map(Number));
  });

  it('is the bare byte 0x04 of a program that is not MatMQ', async () => {
    const { exchange, consumer } = await openPair();
    await pika(
      inject('brokerUrl'),
      exchange,
      'my_key_1',
      `publish(b'text'); publish(b'\\x04'); publish(b'\\x04\\x04')`,
    );
    expect(await textsUntilEnd(consumer)).toEqual(['text']);
    expect((await consumer.receive()).text()).toBe('\x04\x04');
  });

  it('is not the byte 0x04 that MatMQ sends as text or bytes, nor one that says it is something else', async () => {
    const { exchange, producer, consumer } = await openPair();
    await producer.send('\x04');
    await producer.send(Uint8Array.of(4));
    await producer.flush();
    await pika(inject('brokerUrl'), exchange, 'my_key_1', `publish(b'\\x04', type='reading')`);
    await producer.sendEOT();
    expect(await textsUntilEnd(consumer)).toEqual(['\x04', '\x04', '\x04']);
  });

  it('is not a message of another body that says it is one, and such a message does not look like one', async () => {
    const { exchange, consumer } = await openPair();
    await pika(
      inject('brokerUrl'),
      exchange,
      'my_key_1',
      `for body in (b'x', b'', b'\\x04\\x04'): publish(body, type='eot')`,
    );
    for (const text of ['x', '', '\x04\x04']) {
      const message = await consumer.receive();
      expect([message.text(), message.type, message.isEot]).toEqual([text, 'unmarked', false]);
    }
  });

  it('is refused for no consumer, or a number of them that is none', async () => {
    const { producer } = await openPair();
    for (const count of [0, -1, 1.5, Number.NaN, 65_536]) {
      await expect(producer.sendEOT(count)).rejects.toThrow(RangeError);
    }
    await expect(producer.sendEOT('2' as unknown as number)).rejects.toThrow(TypeError);
    expect(producer.stats().sent).toBe(0);
  });
});
