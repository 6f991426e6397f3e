import { ClosedError, Consumer, CV_8UC3, CV_32FC1, ImageError, MatmqError, Producer, PublishError } from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import {
  failure,
  numbered,
  openPair,
  openProducer,
  ownQueue,
  receiveAll,
  receiveTexts,
  unique,
} from '../../support/clients.js';
import { noise } from '../../support/mats.js';
import { pika } from '../../support/python.js';

describe('a receipt', () => {
  it('has the place of its message, and its confirmation', async () => {
    const { producer, consumer } = await openPair();
    const receipts = [
      await producer.send('a'),
      await producer.sendImage(noise(9, 9, CV_8UC3)),
      await producer.send('c'),
    ];
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    await Promise.all(receipts.map(({ confirmed }) => confirmed));
    expect(receipts[0]?.confirmed).toBe(receipts[0]?.confirmed);
    const messages = await receiveAll(consumer, 3);
    expect(messages.map(({ messageId }) => messageId)).toEqual(receipts.map(({ messageId }) => messageId));
    expect(producer.stats()).toMatchObject({ sent: 3, confirmed: 3, failed: 0, pendingMessages: 0, pendingBytes: 0 });
  });

  it('can be asked late, the producer closed or not', async () => {
    const { producer } = await openPair();
    const receipt = await producer.send('a');
    await producer.flushAndExit();
    await receipt.confirmed;
  });

  it('of a producer without confirms is settled when its message is written', async () => {
    const { producer, consumer } = await openPair({ confirm: false });
    const receipts = await Promise.all(numbered(50).map((text) => producer.send(text)));
    await Promise.all(receipts.map(({ confirmed }) => confirmed));
    expect(await receiveTexts(consumer, 50)).toEqual(numbered(50));
    await producer.flushAndExit();
    expect(producer.closed).toBe(true);
  });

  it('says when the broker did not take the message', async () => {
    const queue = ownQueue({ arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
    const { producer, consumer } = await openPair({ queue });
    await consumer.exit();
    await (await producer.send('fits')).confirmed;
    const receipt = await producer.send('does not');
    await failure(receipt.confirmed, PublishError, 'NACKED', 'did not take the message');
    expect(producer.stats()).toMatchObject({ confirmed: 1, failed: 1 });
  });
});

describe('persistent', () => {
  it.each([
    [true, 2],
    [false, 1],
  ])('%s is delivery mode %i, and a message can differ', async (persistent, deliveryMode) => {
    const { producer, consumer } = await openPair({ persistent });
    await producer.send('a');
    await producer.sendImage(noise(2, 2, CV_8UC3), 'raw');
    await producer.send('b', { properties: { deliveryMode: deliveryMode === 1 ? 2 : 1 } });
    const modes = (await receiveAll(consumer, 3)).map(({ properties }) => properties.deliveryMode);
    expect(modes).toEqual([deliveryMode, deliveryMode, 3 - deliveryMode]);
  });
});

describe('mandatory', () => {
  it('messages that no queue takes come back to their receipts, and no others', async () => {
    const { exchange, producer, consumer } = await openPair({ mandatory: true });
    const lost = await producer.sendImage(noise(200, 200, CV_8UC3), 'raw', { routingKey: 'nowhere' });
    const taken = await producer.send('taken');
    await failure(lost.confirmed, PublishError, 'UNROUTABLE', 'NO_ROUTE', exchange, "'nowhere'");
    await taken.confirmed;
    expect((await consumer.receive()).text()).toBe('taken');
    await producer.flush();
    expect(producer.stats()).toMatchObject({ sent: 2, confirmed: 1, failed: 1 });
  });

  it('messages that came back and nobody asked about are listed by flush, once', async () => {
    const { producer } = await openPair({ mandatory: true });
    const receipts = [];
    for (const routingKey of ['my_key_1', 'x', 'my_key_1', 'y', 'z']) {
      receipts.push(await producer.send(routingKey, { routingKey }));
    }
    const asked = failure(receipts[4]?.confirmed ?? expect.fail(), PublishError, 'UNROUTABLE', "'z'");
    const error = await failure(producer.flush(), PublishError, 'PUBLISH_FAILED', '2 messages', "'x'", "'y'");
    await asked;
    expect(error.failures).toMatchObject([
      { sequence: 2, messageId: receipts[1]?.messageId, error: { name: 'PublishError', code: 'UNROUTABLE' } },
      { sequence: 4, messageId: receipts[3]?.messageId, error: { name: 'PublishError', code: 'UNROUTABLE' } },
    ]);
    await producer.flush();
    await producer.flushAndExit();
  });

  it('surfaces in flushAndExit too, which closes even so', async () => {
    const producer = await openProducer({ exchange: unique('exchange'), mandatory: true });
    await producer.send('x');
    const error = await failure(producer.flushAndExit(), PublishError, 'PUBLISH_FAILED', '1 message was not published');
    expect(error.failures).toHaveLength(1);
    expect(producer.closed).toBe(true);
  });

  it('off, a message that no queue takes is confirmed', async () => {
    const producer = await openProducer({ exchange: unique('exchange') });
    await (await producer.send('x')).confirmed;
  });
});

describe('a message the broker would not take', () => {
  it('is refused before its first byte without segments, and the others go on', async () => {
    const { producer, consumer } = await openPair({ maxMessageSize: 1000, segment: false });
    const large = await producer.send(new Uint8Array(1001));
    await producer.send(new Uint8Array(1000));
    await failure(
      large.confirmed,
      PublishError,
      'TOO_LARGE',
      '1000 bytes',
      '1001',
      "this producer's maxMessageSize",
      'maxMessageSize',
    );
    expect((await consumer.receive()).size).toBe(1000);
    expect(producer.stats().bytesWritten).toBeLessThan(2000);
    await producer.flush();
  });

  it('because its headers fit no frame is refused, and the others go on', async () => {
    const { producer, consumer } = await openPair();
    const headers = { much: 'x'.repeat(200_000) };
    const receipt = await producer.send('x', { properties: { headers } });
    await producer.send('after');
    await failure(receipt.confirmed, RangeError, 'INVALID_ARGUMENT', 'properties of a message', /frame/);
    expect((await consumer.receive()).text()).toBe('after');
    await producer.flush();
  });

  it('because the channel is closed over it ends the producer with the words of the broker', async () => {
    const { producer } = await openPair();
    const receipt = await producer.send('x', { properties: { userId: 'somebody-else' } });
    const closed = new Promise((resolve) => producer.once('close', resolve));
    await failure(receipt.confirmed, PublishError, 'NOT_CONFIRMED', 'somebody-else');
    expect(await closed).toMatchObject({ name: 'ChannelError', code: 'PRECONDITION_FAILED', replyCode: 406 });
    expect(producer.closed).toBe(true);
    await expect(producer.send('y')).rejects.toMatchObject({ name: 'ChannelError', code: 'PRECONDITION_FAILED' });
    await producer.exit();
  });

  it('because the exchange is gone ends the producer', async () => {
    const { exchange, producer } = await openPair();
    await pika(inject('brokerUrl'), exchange, '', 'channel.exchange_delete(exchange)');
    const closed = new Promise((resolve) => producer.once('close', resolve));
    await producer.send('x');
    expect(await closed).toMatchObject({ name: 'ChannelError', code: 'NOT_FOUND', replyCode: 404 });
    const error = await failure(producer.flush(), PublishError, 'PUBLISH_FAILED', exchange);
    expect(error.failures).toMatchObject([{ sequence: 1, error: { code: 'NOT_CONFIRMED' } }]);
  });
});

describe('an image that cannot be encoded', () => {
  it('is refused by sendImage, and the others go on', async () => {
    const { producer, consumer } = await openPair();
    const floats = noise(4, 4, CV_32FC1);
    await failure(producer.sendImage(floats, '.png'), ImageError, 'CANNOT_ENCODE', /PNG/i, 'CV_32FC1');
    await failure(producer.sendImage(floats, '.jpg'), ImageError, 'CANNOT_ENCODE', /JPEG/i, 'CV_32FC1');
    await producer.sendImage(floats, 'raw');
    expect((await consumer.receiveImage()).type).toBe(CV_32FC1);
    expect(producer.stats()).toMatchObject({ sent: 1, failed: 0 });
  });
});

describe('flush', () => {
  it('resolves when all that was sent has arrived, images included', async () => {
    const { producer, consumer } = await openPair({ queue: ownQueue() });
    for (let i = 0; i < 5; i++) await producer.sendImage(noise(300, 300, CV_8UC3));
    for (const text of numbered(100)) await producer.send(text);
    await producer.flush();
    expect(producer.stats()).toMatchObject({ confirmed: 105, pendingMessages: 0, pendingBytes: 0 });
    expect((await receiveAll(consumer, 105)).slice(5).map((message) => message.text())).toEqual(numbered(100));
  });

  it('with nothing to wait for resolves, also when the producer is closed', async () => {
    const { producer } = await openPair();
    await producer.flush();
    await producer.exit();
    await producer.flush();
    await producer.flushAndExit();
  });
});

describe('flushAndExit', () => {
  it('loses nothing, what waits for room included', async () => {
    const { producer, consumer } = await openPair({ queue: ownQueue() }, { producer: { highWaterMark: 4 } });
    const sends = Promise.all(numbered(200).map((text) => producer.send(text)));
    await producer.flushAndExit();
    await sends;
    expect(producer.closed).toBe(true);
    expect(await receiveTexts(consumer, 200)).toEqual(numbered(200));
  });

  it('refuses what is sent after its call', async () => {
    const { producer } = await openPair({}, { producer: { name: 'camera-1' } });
    await producer.send('x');
    const ended = producer.flushAndExit();
    await failure(producer.send('y'), ClosedError, 'CLOSED', "'camera-1'", 'flushAndExit');
    await ended;
  });

  it('is what asyncDispose does', async () => {
    const { producer, consumer } = await openPair();
    void producer.sendImage(noise(500, 500, CV_8UC3));
    await producer[Symbol.asyncDispose]();
    expect(producer.closed).toBe(true);
    expect((await consumer.receiveImage()).rows).toBe(500);
  });

  it('called twice, at once or later, closes once', async () => {
    const { producer } = await openPair();
    let closes = 0;
    producer.on('close', () => closes++);
    await Promise.all([producer.flushAndExit(), producer.flushAndExit(), producer.exit()]);
    await producer.flushAndExit();
    await producer.exit();
    expect(closes).toBe(1);
  });
});

describe('exit', () => {
  it('settles every receipt', async () => {
    const { producer } = await openPair();
    const receipts = await Promise.all(numbered(200).map((text) => producer.send(text)));
    const image = await producer.sendImage(noise(900, 900, CV_8UC3));
    const settled = Promise.allSettled([...receipts, image].map(({ confirmed }) => confirmed));
    await producer.exit();
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'NOT_CONFIRMED' });
    }
    const { sent, confirmed, failed } = producer.stats();
    expect([sent, confirmed + failed]).toEqual([201, 201]);
  });

  it('ends the sends that wait for room, and every later one, with a ClosedError', async () => {
    const { producer } = await openPair({}, { producer: { name: 'camera-1', highWaterMark: 1 } });
    const sends = numbered(10).map((text) => producer.send(text));
    const exited = producer.exit();
    const results = await Promise.allSettled(sends);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ name: 'ClosedError', code: 'CLOSED' });
    await exited;
    await failure(producer.send('x'), ClosedError, 'CLOSED', "'camera-1'", 'closed by this program');
    await failure(producer.sendImage(noise(2, 2)), ClosedError, 'CLOSED', "'camera-1'");
    await failure(producer.sendEOT(), ClosedError, 'CLOSED', "'camera-1'");
  });

  it('of a consumer ends loops, and what waits and every later receive with a ClosedError', async () => {
    const { consumer } = await openPair({}, { consumer: { name: 'viewer' } });
    const waiting = [consumer.receive(), consumer.receiveImage()];
    const loop = consumer.messages().next();
    const exits = [consumer.exit(), consumer.exit()];
    for (const promise of waiting) await failure(promise, ClosedError, 'CLOSED', "'viewer'");
    expect(await loop).toEqual({ done: true, value: undefined });
    await Promise.all(exits);
    await failure(consumer.receive(), ClosedError, 'CLOSED', "'viewer'", 'closed by this program');
    await failure(consumer.receiveImage(), ClosedError, 'CLOSED', "'viewer'");
    await failure(consumer.images().next(), ClosedError, 'CLOSED', "'viewer'");
    expect(consumer.closed).toBe(true);
    await consumer.exit();
  });

  it('comes at once, whatever its producer or consumer was told just before', async () => {
    const { exchange, producer } = await openPair({ exchangeType: 'fanout' });
    const options = { url: inject('brokerUrl'), exchange, exchangeType: 'fanout' };
    let slowest = 0;
    const lane = async () => {
      for (let i = 0; i < 150; i++) {
        const [receiver, sender] = await Promise.all([Consumer.connect(options), Producer.connect(options)]);
        await producer.send('x');
        await receiver.receive();
        const before = performance.now();
        // The acknowledgement and the message are on their way to the I/O threads when the wish to end comes.
        void sender.send('y');
        await Promise.all([receiver.exit(), sender.exit()]);
        slowest = Math.max(slowest, performance.now() - before);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    expect(slowest).toBeLessThan(4000);
  });

  it('leaves what was received usable', async () => {
    const { producer, consumer } = await openPair();
    await producer.sendImage(noise(100, 100, CV_8UC3), 'raw');
    await producer.sendImage(noise(100, 100, CV_8UC3), '.png');
    const image = await consumer.receiveImage();
    const message = await consumer.receive();
    await consumer.exit();
    expect(image.at(99, 99, 2)).toBe(noise(100, 100, CV_8UC3).at(99, 99, 2));
    expect((await message.image()).rows).toBe(100);
  });
});

describe('a wait', () => {
  it('for a message ends at its timeout or signal, and the next receive gets the message', async () => {
    const { producer, consumer } = await openPair();
    await failure(consumer.receive({ timeout: 1 }), MatmqError, 'TIMEOUT', '1 ms', 'no message came');
    await failure(consumer.receiveImage({ timeout: 0 }), MatmqError, 'TIMEOUT', '0 ms', 'no image came');
    const controller = new AbortController();
    const waiting = [
      consumer.receive({ signal: controller.signal }),
      consumer.receiveImage({ signal: controller.signal }),
      consumer.messages({ signal: controller.signal }).next(),
    ];
    const reason = new Error('changed my mind');
    controller.abort(reason);
    for (const promise of waiting) await expect(promise).rejects.toBe(reason);
    await expect(consumer.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await producer.send('not lost');
    expect((await consumer.receive({ timeout: 20_000 })).text()).toBe('not lost');
  });

  it('that is given up in time leaves no trace', async () => {
    const { producer, consumer } = await openPair();
    const { signal } = new AbortController();
    const received = consumer.receive({ signal, timeout: 20_000 });
    await producer.send('x', { signal });
    await producer.flush({ signal, timeout: 20_000 });
    expect((await received).text()).toBe('x');
  });
});
