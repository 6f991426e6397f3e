import { CV_8UC3, type Receipt } from 'matmq';
import { expect, it } from 'vitest';
import { numbered, openConsumer, openPair, openProducer, ownQueue, receiveAll, unique } from '../../support/clients.js';
import { noise } from '../../support/mats.js';

const SLOW = noise(700, 900, CV_8UC3);
const SMALL = noise(8, 8, CV_8UC3);

it('messages arrive in the order of the calls, slow images and quick texts alike', async () => {
  const { producer, consumer } = await openPair();
  const sends: Promise<Receipt>[] = [];
  for (let i = 0; i < 60; i++) {
    const options = { properties: { headers: { i } } };
    const encodings = ['.png', '.webp', '.jpg', '.bmp', 'raw'] as const;
    const encoding = encodings[(i / 3) % encodings.length] ?? 'raw';
    // A slow PNG first, so that everything behind it is ready before it.
    if (i % 12 === 0) sends.push(producer.sendImage(SLOW, '.png', options));
    else if (i % 3 === 0) sends.push(producer.sendImage(SMALL, encoding, options));
    else sends.push(i % 3 === 1 ? producer.send(`text ${i}`, options) : producer.send(Buffer.from([i]), options));
  }
  const receipts = await Promise.all(sends);
  expect(receipts.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  const messages = await receiveAll(consumer, 60);
  expect(messages.map(({ properties }) => properties.headers?.i)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(messages.map(({ messageId }) => messageId)).toEqual(receipts.map(({ messageId }) => messageId));
});

it('images are handed out in their order, whichever is decoded first', async () => {
  const { producer, consumer } = await openPair();
  const mats = Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? SLOW : SMALL));
  for (const mat of mats) await producer.sendImage(mat, '.png');
  const images = await Promise.all(mats.map(() => consumer.receiveImage()));
  expect(images.map(({ rows }) => rows)).toEqual(mats.map(({ rows }) => rows));
  const sequences = images.map(({ message }) => Number(message.messageId?.split('-')[1]));
  expect(sequences).toEqual(mats.map((_, i) => i + 1));
});

it('an image that cannot be encoded leaves no gap and stops nothing', async () => {
  const { producer, consumer } = await openPair();
  await producer.send('before');
  // Wider than WebP can be: only its library finds out, or the check before it.
  const tooWide = producer.sendImage(noise(1, 20_000, CV_8UC3), '.webp').then((receipt) => receipt.confirmed);
  await producer.send('after');
  await expect(tooWide).rejects.toMatchObject({ name: 'ImageError', code: 'CANNOT_ENCODE' });
  expect((await receiveAll(consumer, 2)).map((message) => message.text())).toEqual(['before', 'after']);
  await producer.flush();
});

it('each producer keeps its order in a queue of many', async () => {
  const exchange = unique('exchange');
  const consumer = await openConsumer({ exchange, queue: ownQueue() });
  const producers = await Promise.all(numbered(4).map((name) => openProducer({ exchange, name })));
  await Promise.all(
    producers.map(async (producer) => {
      for (const text of numbered(250)) await producer.send(text);
    }),
  );
  const got = new Map<string | undefined, string[]>();
  for (const message of await receiveAll(consumer, 1000)) {
    const { appId } = message;
    got.set(appId, [...(got.get(appId) ?? []), message.text()]);
  }
  for (const { name } of producers) expect(got.get(name)).toEqual(numbered(250));
});

it('sends that wait for room keep their place', async () => {
  const { producer, consumer } = await openPair({}, { producer: { highWaterMark: 2 } });
  void Promise.all(numbered(100).map((text) => producer.send(text)));
  expect(producer.stats().waitingSends).toBeGreaterThan(0);
  expect((await receiveAll(consumer, 100)).map((message) => message.text())).toEqual(numbered(100));
});
