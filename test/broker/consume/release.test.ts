import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { CV_8UC3, Mat, MatmqError, type ReceivedImage } from 'matmq';
import { describe, expect, it } from 'vitest';
import { failure, openPair, ownQueue } from '../../support/clients.js';
import { expectSame, gradient, noise } from '../../support/mats.js';

/** Bytes of a body that has memory of its own, and of one that is copied into JavaScript's. */
const SIZES = [2_000_000, 3];

describe('a released message', () => {
  it.each(SIZES)('of %i bytes has no body, in any array over its memory', async (size) => {
    const { producer, consumer } = await openPair();
    await producer.send(new Uint8Array(size).fill(1));
    await producer.send(new Uint8Array(size).fill(2));
    const message = await consumer.receive();
    const part = message.body.subarray(1, 2);
    message.release();
    expect(part.byteLength).toBe(0);
    expect(() => message.body).toThrow(expect.objectContaining({ code: 'RELEASED' }));
    expect(message.size).toBe(size);
    expect(message.type).toBe('binary');
    expect((await consumer.receive()).body.every((byte) => byte === 2)).toBe(true);
  });

  it('that is empty stays so', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('');
    await producer.send('');
    (await consumer.receive()).release();
    expect((await consumer.receive()).text()).toBe('');
  });

  it('is sent on and decoded to the end if that was under way', async () => {
    const { producer, consumer } = await openPair();
    const mat = gradient(700, 900, CV_8UC3);
    await producer.sendImage(mat, 'raw');
    const received = await consumer.receiveImage();
    await producer.sendImage(received, '.png');
    await producer.sendImage(received, 'raw');
    received.release();
    expect(() => received.data).toThrow(expect.objectContaining({ code: 'RELEASED' }));
    const message = await consumer.receive();
    const decoding = message.image();
    message.release();
    expectSame(await decoding, mat);
    expectSame(await consumer.receiveImage(), mat);
  });

  it('whose raw matrix is asked for meanwhile has none', async () => {
    const { producer, consumer } = await openPair();
    await producer.sendImage(gradient(50, 60, CV_8UC3), 'raw');
    const message = await consumer.receive();
    const decoding = message.image();
    message.release();
    await expect(decoding).rejects.toMatchObject({ code: 'RELEASED' });
  });

  it('leaves its memory to those that follow', async () => {
    const { producer, consumer } = await openPair({}, { consumer: { highWaterMark: 1 } });
    const mats = Array.from({ length: 40 }, (_, i) => noise(400 + i, 900, CV_8UC3));
    const sending = (async () => {
      for (const mat of mats) await producer.sendImage(mat, 'raw');
      await producer.sendEOT();
    })();
    let i = 0;
    for await (const image of consumer.images({ reuse: true })) {
      const mat = mats[i++];
      if (mat !== undefined) expectSame(image, mat);
    }
    await sending;
    expect(i).toBe(mats.length);
  });

  it('is acknowledged like any other', async () => {
    const { producer, consumer } = await openPair({ queue: ownQueue(), ack: 'manual' });
    await producer.send('m');
    const message = await consumer.receive();
    message.release();
    expect(message.ack()).toBe(true);
  });
});

describe('a raw image whose memory is gone', () => {
  const ways: [string, (image: ReceivedImage) => void][] = [
    ['released', (image) => image.release()],
    ['released with its message', (image) => image.message.release()],
  ];

  it.each(ways)('because it was %s says so to whoever wants its pixels', async (_what, lose) => {
    const { producer, consumer } = await openPair();
    await producer.sendImage(gradient(40, 60, CV_8UC3), 'raw');
    await producer.sendImage(gradient(40, 60, CV_8UC3), 'raw');
    const image = await consumer.receiveImage();
    const next = await consumer.receiveImage();
    const region = image.region({ x: 1, y: 1, width: 5, height: 5 });
    lose(image);
    for (const mat of [image, region]) {
      const { rows, cols, typeName, channels } = mat;
      expect([typeName, channels, mat.empty]).toEqual(['CV_8UC3', 3, false]);
      const cv = { Mat: Mat as unknown as new () => { copyAsync(): Promise<unknown> } };
      for (const use of [
        () => mat.data,
        () => mat.at(0, 0),
        () => mat.set(0, 0, 0, 1),
        () => mat.row(0),
        () => mat.region({ x: 0, y: 0, width: 1, height: 1 }),
        () => mat.clone(),
        () => Mat.from(mat),
        () => Mat.fromImage(mat),
        () => Mat.from({ rows, cols, type: typeName, data: mat.data }),
        () => mat.encode(),
        () => mat.write(join(tmpdir(), 'never-written.png')),
        () => mat.toSharp(),
        () => mat.toImageData(),
        () => mat.toOpencv4nodejs(cv),
        () => producer.sendImage(mat),
        () => producer.sendImage(mat, 'raw'),
        () => producer.sendImage(mat, 'raw', { copy: true }),
        () => producer.sendImage(mat, 'raw', { transfer: true }),
      ]) {
        const attempt = (async () => use())();
        await failure(attempt, MatmqError, 'RELEASED', /released .* given away .* clone\(\) it before/);
      }
      expect(inspect(mat)).toContain('CV_8UC3');
    }
    await failure(image.message.image(), MatmqError, 'RELEASED');
    expect(() => image.message.text()).toThrow(MatmqError);
    image.release();
    expectSame(next, gradient(40, 60, CV_8UC3));
  });

  it('is told from one that is kept by clone()', async () => {
    const { producer, consumer } = await openPair();
    const sent = gradient(40, 60, CV_8UC3);
    await producer.sendImage(sent, 'raw');
    await producer.sendImage(sent, 'raw');
    await producer.sendEOT();
    const kept: Mat[] = [];
    const clones: Mat[] = [];
    for await (const image of consumer.images({ reuse: true })) {
      kept.push(image);
      clones.push(image.clone());
    }
    expect(kept).toHaveLength(2);
    for (const image of kept) expect(() => image.at(0, 0)).toThrow(expect.objectContaining({ code: 'RELEASED' }));
    for (const clone of clones) expectSame(clone, sent);
  });
});

describe('memory that is given to the producer', () => {
  it('arrives whole, however long it waited', async () => {
    const { producer, consumer } = await openPair({}, { producer: { highWaterMark: 1 } });
    const bytes = (i: number) => new Uint8Array(100_000 + i).fill(i);
    const mat = (i: number) => noise(300 + i, 400, CV_8UC3);
    const encodings = ['raw', '.png'] as const;
    const sending = Array.from({ length: 20 }, async (_, i) => {
      const given = i % 2 === 0 ? bytes(i) : mat(i);
      if (given instanceof Uint8Array) await producer.send(given, { transfer: true });
      else await producer.sendImage(given, encodings[i % 4 === 1 ? 0 : 1], { transfer: true });
      if (given instanceof Uint8Array) expect(given.byteLength).toBe(0);
      else expect(() => given.data).toThrow(expect.objectContaining({ code: 'RELEASED' }));
    });
    for (let i = 0; i < 20; i++) {
      if (i % 2 === 0) expect(Buffer.compare((await consumer.receive()).body, bytes(i))).toBe(0);
      else expectSame(await consumer.receiveImage(), mat(i));
    }
    await Promise.all(sending);
    await producer.flush();
  });

  it('is gone when the send fails', async () => {
    const { producer } = await openPair();
    const image = noise(3, 4, CV_8UC3);
    await expect(producer.sendImage(image, '.tga' as '.png', { transfer: true })).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
    });
    await expect(producer.sendImage(image, 'raw')).rejects.toMatchObject({ code: 'RELEASED' });
  });
});
