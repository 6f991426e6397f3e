import { afterEach, describe, expect, it } from 'vitest';
import { setAddon } from '../../../lib/addon/addon.js';
import { Keep } from '../../../lib/addon/contract.js';
import { ClosedError, ConnectionError, CV_8UC1, CV_8UC3, Mat, Producer } from '../../../lib/index.js';
import { connectedProducer, last, nativeError, nextTurn, outcome, useFakeAddon } from '../support/fake-addon.js';

afterEach(() => setAddon(undefined));

const mat = () =>
  new Mat(
    2,
    2,
    CV_8UC3,
    Uint8Array.from({ length: 12 }, (_, i) => i),
  );

describe('connect', () => {
  it('resolves when connected, and keeps the process alive until then only', async () => {
    const addon = useFakeAddon();
    const connecting = Producer.connect({ name: 'camera-1' });
    const native = last(addon.producers);
    expect(native.held).toBe(true);
    expect(await outcome(connecting)).toBe('pending');
    native.happen('connected');
    const producer = await connecting;
    expect(native.held).toBe(false);
    expect([producer.name, producer.closed]).toEqual(['camera-1', false]);
    expect(native.options.name).toBe('camera-1');
  });

  it('rejects with what closed it', async () => {
    const addon = useFakeAddon();
    const connecting = Producer.connect();
    const error = nativeError('connection', 'CONNECT_FAILED', 'nobody listens at localhost:1');
    last(addon.producers).happen('closed', { error });
    await expect(connecting).rejects.toThrow(ConnectionError);
    await expect(connecting).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: 'nobody listens at localhost:1',
      replyCode: undefined,
    });
    expect(last(addon.producers).held).toBe(false);
  });

  it('rejects wrong options, before anything is made', async () => {
    const addon = useFakeAddon();
    await expect(Producer.connect({ nam: 'x' } as object)).rejects.toThrow(/did you mean 'name'/);
    expect(addon.producers).toEqual([]);
  });

  it('ends when its signal aborts', async () => {
    const addon = useFakeAddon();
    const controller = new AbortController();
    const connecting = Producer.connect({ signal: controller.signal });
    const native = last(addon.producers);
    controller.abort(new Error('changed my mind'));
    await expect(connecting).rejects.toThrow('changed my mind');
    expect(native.closeCalls).toBe(1);
    native.happen('closed');
    expect(native.held).toBe(false);
  });

  it('does not begin with an aborted signal', async () => {
    const addon = useFakeAddon();
    await expect(Producer.connect({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(addon.producers).toEqual([]);
  });
});

describe('send', () => {
  it('takes text and bytes, and resolves to receipts in order', async () => {
    const [producer, native] = await connectedProducer();
    const bytes = new Uint8Array([1, 2]);
    const receipts = await Promise.all([
      producer.send('hello'),
      producer.send(bytes),
      producer.send(bytes, { copy: true }),
    ]);
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(native.sent).toMatchObject([
      { kind: 'text', body: 'hello' },
      { kind: 'bytes', keep: Keep.held },
      { kind: 'bytes', keep: Keep.copied },
    ]);
    expect(native.sent[1]?.body).toBe(bytes);
  });

  it('takes memory that is given, once, however often the send has to wait', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const bytes = Uint8Array.of(0, 1, 2, 3).subarray(1, 3);
    const image = new Mat(1, 2, CV_8UC1, Uint8Array.of(7, 8));
    const sending = [producer.send(bytes, { transfer: true }), producer.sendImage(image, 'raw', { transfer: true })];
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
    expect(() => image.data).toThrow(expect.objectContaining({ code: 'RELEASED' }));
    native.room = 2;
    native.report({ roomAgain: true });
    await Promise.all(sending);
    expect(native.sent).toMatchObject([{ keep: Keep.given }, { keep: Keep.given }]);
    expect(native.sent.map(({ body }) => [...(body as Uint8Array)])).toEqual([
      [1, 2],
      [7, 8],
    ]);
  });

  it.each([
    ['shared', () => new Uint8Array(new SharedArrayBuffer(4))],
    ["that of Node's pool", () => Buffer.from('pooled')],
  ])('refuses to be given memory that is %s', async (_, make) => {
    const [producer, native] = await connectedProducer();
    const bytes = make();
    const { byteLength } = bytes;
    await expect(producer.send(bytes, { transfer: true })).rejects.toThrow(
      'expected an ArrayBuffer that can be transferred',
    );
    expect(bytes.byteLength).toBe(byteLength);
    expect(native.sent).toEqual([]);
  });

  it('passes on routing key and properties', async () => {
    const [producer, native] = await connectedProducer();
    await producer.send('x', { routingKey: 'k', properties: { priority: 3, headers: { a: [1n, 'b'] } } });
    expect(native.sent[0]?.options).toEqual({
      amqp: { routingKey: 'k', priority: 3 },
      properties: { headers: { a: [1n, 'b'] } },
    });
  });

  it.each([
    [{ copy: 1 }, 'true or false for options.copy'],
    [{ transfer: 1 }, 'true or false for options.transfer'],
    [{ transfer: true, copy: true }, 'one of copy and transfer'],
    [{ routingKey: 'k'.repeat(256) }, 'at most 255 bytes'],
    [{ properties: { messageId: 'mine' } }, 'nothing (MatMQ sets it itself) for options.properties.messageId'],
    [{ properties: { expiration: '1s' } }, 'decimal digits'],
    [{ properties: { priority: 10 } }, 'an integer from 0 to 9'],
    [{ quality: 3 }, "received 'quality'"],
  ])('refuses the options %j', async (options, message) => {
    const [producer, native] = await connectedProducer();
    await expect(producer.send('x', options as object)).rejects.toThrow(message);
    expect(native.sent).toEqual([]);
  });

  it.each([[undefined], [7], [[1, 2]], [new ArrayBuffer(2)], [new Uint16Array(2)]])(
    'refuses %o as a body',
    async (body) => {
      const [producer] = await connectedProducer();
      await expect(producer.send(body as unknown as string)).rejects.toThrow(/a string or Uint8Array for body/);
    },
  );

  it('refuses detached memory, and copies what is shared or resizable', async () => {
    const [producer, native] = await connectedProducer();
    const detached = new Uint8Array([1]);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await expect(producer.send(detached)).rejects.toThrow(TypeError);
    await expect(producer.send(detached)).rejects.toThrow(/memory that is not detached/);

    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(5);
    const resizable = new Uint8Array(Reflect.construct(ArrayBuffer, [2, { maxByteLength: 8 }])).fill(6);
    await producer.send(shared);
    await producer.send(resizable);
    for (const [index, [source, value]] of [[shared, 5] as const, [resizable, 6] as const].entries()) {
      const body = native.sent[index]?.body as Uint8Array;
      expect(body.buffer).not.toBe(source.buffer);
      expect([...body]).toEqual([value, value]);
    }
    await producer.send(new Uint8Array(0));
    expect(native.sent).toHaveLength(3);
  });

  it('rejects with what the addon throws, as a typed error', async () => {
    const [producer, native] = await connectedProducer({ whenFull: 'reject' });
    native.failure = nativeError('publish', 'QUEUE_FULL');
    await expect(producer.send('x')).rejects.toMatchObject({ name: 'PublishError', code: 'QUEUE_FULL', failures: [] });
  });
});

describe('sendImage', () => {
  it('sends PNG unless said otherwise', async () => {
    const [producer, native] = await connectedProducer();
    const image = mat();
    await producer.sendImage(image);
    await producer.sendImage(image, '.jpg', { quality: 90, routingKey: 'k', copy: true });
    expect(native.sent).toMatchObject([
      {
        kind: 'image',
        image: { rows: 2, cols: 2, type: CV_8UC3, step: 6, format: '.png' },
        keep: Keep.held,
        body: image.data,
      },
      {
        kind: 'image',
        image: { format: '.jpg' },
        keep: Keep.copied,
        encode: { quality: 90 },
        options: { amqp: { routingKey: 'k' } },
      },
    ]);
    expect(native.sent[0]).toMatchObject({ encode: undefined, options: undefined });
  });

  it('sends a region where it lies', async () => {
    const [producer, native] = await connectedProducer();
    const whole = new Mat(
      3,
      4,
      CV_8UC1,
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    await producer.sendImage(whole.region({ x: 1, y: 1, width: 2, height: 2 }), 'raw');
    const sent = last(native.sent);
    expect(sent.image).toEqual({ rows: 2, cols: 2, type: CV_8UC1, step: 4, format: 'raw' });
    const body = sent.body as Uint8Array;
    expect([body.buffer === whole.data.buffer, body.byteOffset, body.byteLength]).toEqual([true, 5, 6]);
  });

  it('takes the bytes of every depth', async () => {
    const [producer, native] = await connectedProducer();
    const image = new Mat(1, 2, 'CV_64FC1', new Float64Array([1.5, 2.5]));
    await producer.sendImage(image, 'raw');
    const body = last(native.sent).body as Uint8Array;
    expect([body.constructor, body.byteLength]).toEqual([Uint8Array, 16]);
  });

  it('takes anything of the shape of a matrix', async () => {
    const [producer, native] = await connectedProducer();
    await producer.sendImage({ rows: 1, cols: 1, type: 'CV_8UC1', data: new Uint8Array(1) });
    expect(last(native.sent).image).toMatchObject({ rows: 1, cols: 1, type: 0, step: 1 });
  });

  it('refuses what is no matrix, empty, detached or not what it says', async () => {
    const [producer, native] = await connectedProducer();
    await expect(producer.sendImage({} as Mat)).rejects.toThrow(/a Mat or an object with the fields of a matrix/);
    await expect(producer.sendImage(new Mat(0, 3, CV_8UC1))).rejects.toMatchObject({
      name: 'ImageError',
      code: 'INVALID_MATRIX',
    });
    await expect(producer.sendImage(mat(), 5 as unknown as 'raw')).rejects.toThrow(/for encoding/);
    const detached = mat();
    structuredClone(detached.data.buffer, { transfer: [detached.data.buffer as ArrayBuffer] });
    await expect(producer.sendImage(detached)).rejects.toMatchObject({ code: 'RELEASED' });
    const liar = Object.assign(mat() as { rows: number }, { rows: 1000 });
    await expect(producer.sendImage(liar as Mat)).rejects.toThrow(/for data but received 12/);
    expect(native.sent).toEqual([]);
  });

  it('rejects with an ImageError when the format cannot hold it', async () => {
    const [producer, native] = await connectedProducer();
    native.failure = nativeError('image', 'CANNOT_ENCODE');
    await expect(producer.sendImage(mat(), '.jpg')).rejects.toMatchObject({
      name: 'ImageError',
      code: 'CANNOT_ENCODE',
    });
  });
});

describe('sendEOT', () => {
  it('sends one for each consumer', async () => {
    const [producer, native] = await connectedProducer();
    expect(await producer.sendEOT()).toHaveLength(1);
    const receipts = await producer.sendEOT(3, { routingKey: 'k' });
    expect(receipts.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    expect(native.sent[3]).toEqual({ kind: 'eot', options: { amqp: { routingKey: 'k' } } });
  });

  it.each([0, -1, 1.5, '2', 65_536])('refuses %o', async (consumers) => {
    const [producer] = await connectedProducer();
    await expect(producer.sendEOT(consumers as number)).rejects.toThrow(/an integer from 1 to 65535 for consumers/);
  });
});

describe('back-pressure', () => {
  it('lets sends wait while there is no room, and keeps their order', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 1;
    const sends = [
      producer.send('a'),
      producer.send('b'),
      producer.sendImage(mat()),
      producer.sendEOT(2),
      producer.send('c'),
    ];
    await sends[0];
    expect(producer.stats().waitingSends).toBe(5);
    expect(native.held).toBe(true);
    native.makeRoom(2);
    await Promise.all([sends[1], sends[2]]);
    expect(await outcome(sends[3] as Promise<unknown>)).toBe('pending');
    native.makeRoom(3);
    await Promise.all(sends);
    expect(native.sent.map(({ kind, body }) => (kind === 'text' ? body : kind))).toEqual([
      'a',
      'b',
      'image',
      'eot',
      'eot',
      'c',
    ]);
    expect(native.held).toBe(false);
  });

  it('lets nothing pass those that wait', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const first = producer.send('a');
    native.room = 9;
    const second = producer.send('b');
    expect(native.sent).toEqual([]);
    native.report({ roomAgain: true });
    expect([(await first).sequence, (await second).sequence]).toEqual([1, 2]);
  });

  it('takes a send out when its signal aborts', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const controller = new AbortController();
    const first = producer.send('a');
    const aborted = producer.send('b', { signal: controller.signal });
    const third = producer.send('c');
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    native.makeRoom(9);
    await Promise.all([first, third]);
    expect(native.sent.map(({ body }) => body)).toEqual(['a', 'c']);
  });

  it('tries the next when the first of those that wait is taken out', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const controller = new AbortController();
    const large = producer.send('large', { signal: controller.signal });
    const small = producer.send('small');
    native.room = 1;
    controller.abort('stop');
    await expect(large).rejects.toBe('stop');
    await small;
    expect(native.held).toBe(false);
  });

  it('sends nothing with an aborted signal', async () => {
    const [producer, native] = await connectedProducer();
    await expect(producer.send('a', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(native.sent).toEqual([]);
  });

  it('looks at the memory again when there is room', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const bytes = new Uint8Array([1]);
    const waiting = producer.send(bytes);
    const next = producer.send('next');
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    native.makeRoom(9);
    await expect(waiting).rejects.toThrow(/memory that is not detached/);
    await next;
  });

  it('ends with the connection', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const waiting = [producer.send('a'), producer.send('b')];
    native.happen('closed', { error: nativeError('channel', 'NOT_FOUND', 'no exchange', 404) });
    for (const send of waiting) {
      await expect(send).rejects.toMatchObject({ name: 'ChannelError', code: 'NOT_FOUND', replyCode: 404 });
    }
    await expect(producer.send('c')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect([native.held, producer.closed]).toEqual([false, true]);
  });
});

describe('attention', () => {
  it('is paid to messages while somebody waits for them to be settled', async () => {
    const [producer, native] = await connectedProducer();
    const { confirmed } = await producer.send('a');
    expect(native.awaitsSettlements).toBe(true);
    native.settle(1, 1);
    await confirmed;
    expect(native.awaitsSettlements).toBe(false);
    await producer.send('b');
    expect(native.awaitsSettlements).toBe(false);
    const flushed = producer.flush();
    expect(native.awaitsSettlements).toBe(true);
    native.settle(2, 2);
    await flushed;
    expect(native.awaitsSettlements).toBe(false);
  });
});

describe('confirmed', () => {
  it('keeps the process alive while it is asked for and open', async () => {
    const [producer, native] = await connectedProducer();
    const { confirmed } = await producer.send('a');
    expect(native.held).toBe(true);
    native.settle(1, 1);
    await confirmed;
    expect(native.held).toBe(false);
  });

  it('rejects as NOT_CONFIRMED what the end overtakes', async () => {
    const [producer, native] = await connectedProducer();
    const { confirmed } = await producer.send('a');
    native.happen('closed', { error: nativeError('connection', 'CONNECTION_LOST', 'gone') });
    await expect(confirmed).rejects.toMatchObject({ name: 'PublishError', code: 'NOT_CONFIRMED' });
    await expect(confirmed).rejects.toThrow(/gone/);
  });

  it('leaves no rejection unhandled that nobody asked for', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const [producer, native] = await connectedProducer();
    await producer.send('a');
    await producer.send('b');
    native.fail(1, 'NACKED');
    native.happen('closed', { error: nativeError('connection', 'CONNECTION_LOST') });
    await nextTurn();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});

describe('flush', () => {
  it('waits for all that was sent, those that wait for room included', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 1;
    const sends = [producer.send('a'), producer.send('b')];
    const flushed = producer.flush();
    native.settle(1, 1);
    expect(await outcome(flushed)).toBe('pending');
    native.makeRoom(2);
    await Promise.all(sends);
    const later = producer.send('c');
    expect(native.held).toBe(true);
    native.settle(2, 2);
    await flushed;
    await later;
    expect(native.held).toBe(false);
  });

  it('lists what failed', async () => {
    const [producer, native] = await connectedProducer({ mandatory: true });
    await producer.send('a');
    native.fail(1, 'UNROUTABLE');
    await expect(producer.flush()).rejects.toMatchObject({
      name: 'PublishError',
      code: 'PUBLISH_FAILED',
      failures: [{ sequence: 1, error: { code: 'UNROUTABLE' } }],
    });
    await producer.flush();
  });

  it.each([
    ['for room', 0],
    ['for the broker', 9],
  ])('can be given up while it waits %s', async (_, room) => {
    const [producer, native] = await connectedProducer();
    native.room = room;
    const sent = producer.send('a');
    await expect(producer.flush({ timeout: 1 })).rejects.toMatchObject({ name: 'MatmqError', code: 'TIMEOUT' });
    const controller = new AbortController();
    const flushed = producer.flush({ signal: controller.signal });
    controller.abort('enough');
    await expect(flushed).rejects.toBe('enough');
    if (room === 0) native.makeRoom(1);
    await sent;
    expect(native.held).toBe(false);
    native.settle(1, 1);
    await producer.flush();
  });

  it('refuses wrong limits', async () => {
    const [producer] = await connectedProducer();
    await expect(producer.flush({ timeout: -1 })).rejects.toThrow(/for options.timeout but received -1/);
  });
});

describe('exit', () => {
  it('names the sends that nobody awaited, and where they are', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const seen: Error[] = [];
    for (const sent of [producer.send('a'), producer.sendImage(mat()), producer.sendEOT()]) {
      sent.catch((error: Error) => seen.push(error)); // as a listener of unhandledRejection gets it
    }
    void producer.exit();
    await new Promise((resolve) => setTimeout(resolve));
    const [send, image, eot] = seen as [Error, Error, Error];
    expect(send.message).toMatch(/closed by this program before this send\(\) was accepted: await it, or end by/);
    expect(image.message).toContain('before this sendImage() was accepted');
    expect(eot.message).toContain('before this sendEOT() was accepted');
    expect(image.stack).toContain('producer.test.ts');
    expect(image).toBeInstanceOf(ClosedError);
  });

  it('rejects a send that is awaited with the line that awaits it', async () => {
    const [producer, native] = await connectedProducer();
    native.room = 0;
    const awaits = async () => {
      await producer.send('a');
    };
    const failed = awaits().catch((error: Error) => error);
    void producer.exit();
    const error = (await failed) as Error;
    expect(error.message).not.toContain('await it');
    expect(error.stack).toContain('awaits');
  });

  it('closes, and resolves when closed', async () => {
    const [producer, native] = await connectedProducer();
    const exited = producer.exit();
    const again = producer.exit();
    expect([native.closeCalls, native.held, producer.closed]).toEqual([1, true, true]);
    expect(await outcome(exited)).toBe('pending');
    native.happen('closed');
    await Promise.all([exited, again, producer.exit()]);
    expect([native.closeCalls, native.held]).toEqual([1, false]);
  });

  it('ends what waits, and every later send, with a ClosedError', async () => {
    const [producer, native] = await connectedProducer({ name: 'camera-1' });
    native.room = 0;
    const waiting = producer.send('a');
    const flushed = producer.flush();
    const exited = producer.exit();
    await expect(waiting).rejects.toThrow(ClosedError);
    native.happen('closed');
    await exited;
    await flushed;
    await expect(producer.send('b')).rejects.toThrow("producer 'camera-1' was closed by this program");
    await expect(producer.sendImage(mat())).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(producer.sendEOT()).rejects.toThrow(ClosedError);
  });

  it('after a flush is flushAndExit, and refuses sends from its call on', async () => {
    const [producer, native] = await connectedProducer();
    await producer.send('a');
    const ended = producer.flushAndExit();
    await expect(producer.send('b')).rejects.toThrow(ClosedError);
    expect(native.closeCalls).toBe(0);
    native.settle(1, 1);
    await nextTurn();
    expect(native.closeCalls).toBe(1);
    native.happen('closed');
    await ended;
  });

  it('comes after a flush that fails', async () => {
    const [producer, native] = await connectedProducer();
    await producer.send('a');
    const ended = producer[Symbol.asyncDispose]();
    native.fail(1, 'NACKED');
    await nextTurn();
    expect(native.closeCalls).toBe(1);
    native.happen('closed');
    await expect(ended).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
  });

  it('does not come of a wrong argument', async () => {
    const [producer, native] = await connectedProducer();
    await expect(producer.flushAndExit({ timeout: 'soon' } as object)).rejects.toThrow(TypeError);
    await producer.send('still open');
    expect(native.closeCalls).toBe(0);
  });
});

describe('events', () => {
  it('that come at once behind the first connected wait until connect() has resolved', async () => {
    const [producer, native] = await connectedProducer();
    native.happen('disconnected', { error: nativeError('connection', 'CONNECTION_LOST') });
    native.happen('closed');
    const told: string[] = [];
    for (const name of ['disconnected', 'close'] as const) producer.on(name, () => told.push(name));
    expect([told, producer.closed]).toEqual([[], false]);
    await new Promise(setImmediate);
    expect([told, producer.closed]).toEqual([['disconnected', 'close'], true]);
  });

  it('are told in order, with what they say', async () => {
    const [producer, native] = await connectedProducer();
    const told: unknown[] = [];
    for (const name of ['connected', 'disconnected', 'reconnecting', 'blocked', 'unblocked', 'close'] as const) {
      producer.on(name, (info: unknown) => told.push([name, info]));
    }
    await new Promise(setImmediate);
    const peer = 'broker.example:5672';
    native.happen('disconnected', { error: nativeError('connection', 'CONNECTION_LOST') });
    native.happen('reconnecting', { attempt: 1, delay: 80 });
    native.happen('connected');
    native.happen('blocked', { reason: 'low on memory' });
    native.happen('unblocked');
    native.happen('closed', { error: nativeError('connection', 'AUTHENTICATION_FAILED', 'no', 403) });
    expect(told).toMatchObject([
      ['disconnected', { peer, error: { name: 'ConnectionError', code: 'CONNECTION_LOST' } }],
      ['reconnecting', { peer, attempt: 1, delay: 80 }],
      ['connected', { peer }],
      ['blocked', { peer, reason: 'low on memory' }],
      ['unblocked', { peer }],
      ['close', { code: 'AUTHENTICATION_FAILED', replyCode: 403 }],
    ]);
  });

  it('end with close, without an error when this program wished it', async () => {
    const [producer, native] = await connectedProducer();
    const closes: unknown[] = [];
    producer.on('close', (error) => closes.push(error));
    const exited = producer.exit();
    native.happen('closed');
    await exited;
    expect(closes).toEqual([undefined]);
  });

  it('survive a listener that throws', async () => {
    const [producer, native] = await connectedProducer();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    producer.on('blocked', () => {
      throw new Error('mine');
    });
    const { confirmed } = await producer.send('a');
    native.report({
      events: [
        { kind: 'blocked', peer: '', reason: '', delay: 0, attempt: 0 },
        { kind: 'closed', peer: '', reason: '', delay: 0, attempt: 0 },
      ],
    });
    await expect(confirmed).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(await uncaught).toMatchObject({ message: 'mine' });
    for (const listener of others) process.on('uncaughtException', listener);
  });
});

describe('a plain loop of sends', () => {
  it.each([
    ['small texts', () => 'x', 64],
    ['large bodies', () => new Uint8Array(4 * 1024 * 1024), 2],
  ])('lets the event loop turn, with %s too', async (_, body, turnAfter) => {
    const [producer] = await connectedProducer();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    let sends = 0;
    for (; !turned && sends <= turnAfter; sends++) await producer.send(body());
    expect(turned).toBe(true);
    expect(sends).toBe(turnAfter);
  });
});
