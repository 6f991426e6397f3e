import { afterEach, describe, expect, it } from 'vitest';
import { setAddon } from '../../../lib/addon/addon.js';
import type { NativeCancellation } from '../../../lib/addon/contract.js';
import { ClosedError, EndOfTransmission, ImageError, MatmqError } from '../../../lib/index.js';
import {
  connectedConsumer,
  FakeMessage,
  last,
  nativeError,
  nextTurn,
  outcome,
  useFakeAddon,
} from '../support/fake-addon.js';

afterEach(() => setAddon(undefined));

describe('receive', () => {
  it('gives the messages in order, to those who wait in order', async () => {
    const [consumer, native] = await connectedConsumer();
    const waiting = [consumer.receive(), consumer.receive()];
    expect(native.held).toBe(true);
    native.arrive('m1', 'm2', 'm3');
    const messages = await Promise.all(waiting);
    expect(messages.map((message) => message.text())).toEqual(['m1', 'm2']);
    expect(native.held).toBe(false);
    expect((await consumer.receive()).text()).toBe('m3');
  });

  it('takes nothing before it is asked', async () => {
    const [, native] = await connectedConsumer();
    native.arrive('m1');
    expect(native.takes).toEqual([]);
  });

  it('takes messages in batches, one in a turn of the event loop', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive(...Array.from({ length: 150 }, (_, i) => `m${i}`));
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 150; i++) expect((await consumer.receive()).text()).toBe(`m${i}`);
    running = false;
    expect(native.takes.filter((taken) => taken > 0)).toEqual([64, 64, 22]);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('reads the envelope', async () => {
    const [consumer, native] = await connectedConsumer();
    const headers = { 'sent-at': 1_700_000_000_123_456 };
    native.arrive(new FakeMessage('hello', false, true, { messageId: 'i-1', appId: 'camera-1', headers }));
    const message = await consumer.receive();
    expect(message).toMatchObject({
      size: 5,
      exchange: 'frames',
      routingKey: 'camera.1',
      redelivered: true,
      messageId: 'i-1',
      appId: 'camera-1',
      type: 'text',
      isEot: false,
    });
    expect(message.sentAt).toEqual(new Date(1_700_000_000_123));
    expect(Buffer.from(message.body).toString()).toBe('hello');
    native.arrive('bare');
    expect((await consumer.receive()).sentAt).toBeUndefined();
  });

  it('gives up at its timeout, and loses nothing', async () => {
    const [consumer, native] = await connectedConsumer();
    const receiving = consumer.receive({ timeout: 1 });
    await expect(receiving).rejects.toMatchObject({ name: 'MatmqError', code: 'TIMEOUT' });
    expect(native.held).toBe(false);
    native.arrive('m1');
    expect((await consumer.receive({ timeout: 0 })).text()).toBe('m1');
  });

  it('gives up when its signal aborts, and the message goes to the next', async () => {
    const [consumer, native] = await connectedConsumer();
    const controller = new AbortController();
    const aborted = consumer.receive({ signal: controller.signal });
    const next = consumer.receive();
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    native.arrive('m1');
    expect((await next).text()).toBe('m1');
    native.arrive('m2');
    await expect(consumer.receive({ signal: controller.signal })).rejects.toThrow('stop');
    expect((await consumer.receive()).text()).toBe('m2');
  });

  it('refuses wrong options', async () => {
    const [consumer] = await connectedConsumer();
    await expect(consumer.receive({ timeout: '1' } as object)).rejects.toThrow(/for options.timeout but received '1'/);
    await expect(consumer.receive({ timout: 1 } as object)).rejects.toThrow(/did you mean 'timeout'/);
    await expect(consumer.receiveImage({ mode: 'rgb' } as object)).rejects.toThrow(/'unchanged', 'color', 'grayscale'/);
    expect(() => consumer.messages({ timeout: 1 } as object)).toThrow(/known names are signal/);
  });

  it('rejects with EndOfTransmission, once for each', async () => {
    const [consumer, native] = await connectedConsumer();
    const receiving = [consumer.receive(), consumer.receive()];
    native.arrive('EOT', 'm1');
    await expect(receiving[0]).rejects.toThrow(EndOfTransmission);
    await expect(receiving[0]).rejects.toMatchObject({ code: 'END_OF_TRANSMISSION', received: { isEot: true } });
    expect((await receiving[1])?.text()).toBe('m1');
    native.arrive('EOT');
    await expect(consumer.receive()).rejects.toThrow(EndOfTransmission);
  });
});

describe("ack 'auto'", () => {
  it('acknowledges what was handed out when the program comes back', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1', 'm2', 'm3');
    await consumer.receive();
    expect(native.settled).toEqual([]);
    await consumer.receive();
    expect(native.settled).toEqual(['ack up to m1']);
    await consumer.receive();
    void consumer.receive().catch(() => {});
    expect(native.settled).toEqual(['ack up to m1', 'ack up to m2', 'ack up to m3']);
  });

  it('acknowledges several that were handed out at once with one', async () => {
    const [consumer, native] = await connectedConsumer();
    const waiting = [consumer.receive(), consumer.receive()];
    native.arrive('m1', 'm2', 'm3');
    await Promise.all(waiting);
    await consumer.receive();
    expect(native.settled).toEqual(['ack up to m2']);
  });

  it('acknowledges at exit what was handed out, and not what was not', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1', 'm2');
    await consumer.receive();
    expect(consumer.stats().lookAhead).toBe(1);
    const exited = consumer.exit();
    native.happen('closed');
    await exited;
    expect(native.settled).toEqual(['ack up to m1']);
    expect(consumer.stats().lookAhead).toBe(0);
  });

  it('does not acknowledge at disposal: the block may have failed', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1');
    await consumer.receive();
    const disposed = consumer[Symbol.asyncDispose]();
    native.happen('closed');
    await disposed;
    expect([native.settled, native.closeCalls]).toEqual([[], 1]);
  });

  it('acknowledges an end of transmission alone, when it surfaces', async () => {
    const [consumer, native] = await connectedConsumer();
    const waiting = [consumer.receive(), consumer.receive()];
    native.arrive('m1', 'EOT');
    await expect(waiting[1]).rejects.toThrow(EndOfTransmission);
    expect(native.settled).toEqual(['ack EOT']);
  });

  it('acknowledges nothing when a wrong argument comes back', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1');
    await consumer.receive();
    await expect(consumer.receive({ timeout: -1 })).rejects.toThrow(RangeError);
    await expect(consumer.receive({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(native.settled).toEqual([]);
  });

  it('refuses ack() and nack()', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1');
    const message = await consumer.receive();
    expect(() => message.ack()).toThrow(expect.objectContaining({ code: 'ACK_NOT_MANUAL' }));
    expect(() => message.nack()).toThrow(MatmqError);
  });
});

describe("ack 'manual'", () => {
  it('acknowledges and rejects what it is told to, once', async () => {
    const [consumer, native] = await connectedConsumer({ ack: 'manual' });
    native.arrive('m1', 'm2', 'm3', 'EOT');
    const [m1, m2, m3] = [await consumer.receive(), await consumer.receive(), await consumer.receive()];
    expect([m2.ack(), m1.nack(), m3.nack(false)]).toEqual([true, true, true]);
    expect(native.settled).toEqual(['ack m2', 'requeue m1', 'nack m3']);
    expect(() => m2.ack()).toThrow(expect.objectContaining({ name: 'MatmqError', code: 'ALREADY_SETTLED' }));
    expect(() => m3.ack()).toThrow(MatmqError);
    expect(() => m1.nack('no' as unknown as boolean)).toThrow(/true or false for requeue/);
    const end = await consumer.receive().catch((error: unknown) => error);
    expect(last(native.settled)).toBe('ack EOT');
    expect(() => (end as EndOfTransmission).received?.ack()).toThrow(/twice/);
  });

  it('answers false for a message of an earlier connection, and after exit', async () => {
    const [consumer, native] = await connectedConsumer({ ack: 'manual' });
    native.arrive('m1', 'm2');
    const [m1, m2] = [await consumer.receive(), await consumer.receive()];
    native.isCurrent = false;
    expect(m1.ack()).toBe(false);
    void consumer.exit();
    expect(m2.nack()).toBe(false);
    expect(native.settled).toEqual(['ack m1']);
  });
});

describe("ack 'none'", () => {
  it('acknowledges nothing', async () => {
    const [consumer, native] = await connectedConsumer({ ack: 'none' });
    native.arrive('m1', 'EOT');
    const message = await consumer.receive();
    await expect(consumer.receive()).rejects.toThrow(EndOfTransmission);
    expect(native.settled).toEqual([]);
    expect(() => message.ack()).toThrow(/ack 'none'/);
  });
});

describe('receiveImage', () => {
  it('resolves to a matrix with its message', async () => {
    const [consumer, native, addon] = await connectedConsumer({ limits: { pixels: 9, decodedBytes: 8 } });
    const receiving = consumer.receiveImage({ mode: 'color', ignoreOrientation: true });
    native.arrive('m1');
    const decode = last(addon.decodes);
    // Limits and formats were given once, at connect().
    expect(native.options).toMatchObject({
      formats: ['png', 'jpeg', 'webp', 'bmp'],
      limits: { pixels: 9, decodedBytes: 8 },
    });
    expect(decode.options).toEqual({ mode: 'color', ignoreOrientation: true });
    decode.finish({ rows: 1, cols: 2, type: 0, step: 2, data: new Uint8Array([3, 4]) });
    const image = await receiving;
    expect([image.at(0, 1), image.message.text()]).toEqual([4, 'm1']);
  });

  it('decodes the next few ahead, as many as there are threads, and keeps the order', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    addon.threads = 3;
    const first = consumer.receiveImage();
    native.arrive('m1', 'm2', 'm3', 'm4', 'm5');
    expect(addon.decodes.map(({ content }) => content)).toEqual(['m1', 'm2', 'm3']);
    addon.decodes[1]?.finish();
    const second = consumer.receiveImage();
    expect(await outcome(second)).toBe('pending');
    addon.decodes[0]?.finish();
    expect((await first).message.text()).toBe('m1');
    expect((await second).message.text()).toBe('m2');
    expect(addon.decodes.map(({ content }) => content)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
  });

  it('decodes what comes while the program works on an image', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const first = consumer.receiveImage();
    native.arrive('m1');
    last(addon.decodes).finish();
    await first;
    await nextTurn();
    native.arrive('m2');
    expect(last(addon.decodes).content).toBe('m2');
    expect(native.held).toBe(false);
  });

  it('rejects for a body that is no image, and the next still arrives', async () => {
    const [consumer, native, addon] = await connectedConsumer({ ack: 'manual' });
    const receiving = [consumer.receiveImage(), consumer.receiveImage()];
    native.arrive('text', 'm2');
    addon.decodes[0]?.fail('NOT_AN_IMAGE');
    addon.decodes[1]?.finish();
    const error = await receiving[0]?.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code: 'NOT_AN_IMAGE' });
    expect((error as ImageError).received?.text()).toBe('text');
    expect((error as ImageError).received?.nack(false)).toBe(true);
    expect((await receiving[1])?.message.text()).toBe('m2');
  });

  it('leaves no rejection unhandled when a decode made ahead fails unasked', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const [consumer, native, addon] = await connectedConsumer();
    void consumer.receiveImage().catch(() => {});
    native.arrive('m1', 'm2');
    addon.decodes[1]?.fail('CANNOT_DECODE');
    await nextTurn();
    void consumer.exit();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('ends decodes that nobody wants: when it exits, and when the options are others', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const isCancelled = (i: number) => addon.cancelled.has(addon.decodes[i]?.cancellation as NativeCancellation);
    const controller = new AbortController();
    const first = consumer.receiveImage({ signal: controller.signal });
    native.arrive('m1', 'm2');
    expect(addon.decodes.map(({ content }) => content)).toEqual(['m1', 'm2']);
    controller.abort();
    await expect(first).rejects.toBe(controller.signal.reason);
    expect(isCancelled(0)).toBe(false); // the next receive gets it
    void consumer.receiveImage({ damaged: 'keep' }).catch(() => {});
    expect(addon.decodes.map(({ options }) => options.damaged)).toEqual([undefined, undefined, 'keep', 'keep']);
    expect([0, 1, 2, 3].map(isCancelled)).toEqual([true, true, false, false]);
    addon.decodes[2]?.finish();
    await nextTurn();
    void consumer.exit();
    expect([2, 3].map(isCancelled)).toEqual([false, true]);
  });

  it('does not take the end of an earlier decode for that of a later one with the same options', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const controller = new AbortController();
    const signal = controller.signal;
    const first = consumer.receiveImage({ signal });
    native.arrive('m1');
    const second = consumer.receiveImage({ mode: 'color', signal });
    controller.abort();
    await Promise.allSettled([first, second]);
    const color = new AbortController();
    const third = consumer.receiveImage({ mode: 'color', signal: color.signal });
    color.abort();
    await Promise.allSettled([third]);
    const fourth = consumer.receiveImage(); // with the options of the first
    expect(addon.decodes.map(({ options }) => options.mode)).toEqual([undefined, 'color', undefined]);
    addon.decodes[0]?.fail('CANCELLED');
    addon.decodes[1]?.fail('CANCELLED');
    expect(await outcome(fourth)).toBe('pending');
    addon.decodes[2]?.finish();
    expect((await fourth).message.text()).toBe('m1');
  });

  it('ends the decode of a message that is handed out as it came', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const first = consumer.receiveImage();
    native.arrive('m1', 'm2');
    addon.decodes[0]?.finish();
    await first;
    expect((await consumer.receive()).text()).toBe('m2');
    expect(addon.cancelled.has(addon.decodes[1]?.cancellation as NativeCancellation)).toBe(true);
  });

  it('acknowledges only what the program got, not what is being decoded', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const first = consumer.receiveImage();
    native.arrive('m1', 'm2');
    const second = consumer.receiveImage();
    addon.decodes[1]?.finish();
    await nextTurn();
    expect(native.settled).toEqual([]);
    addon.decodes[0]?.finish();
    await Promise.all([first, second]);
    void consumer.receiveImage().catch(() => {});
    expect(native.settled).toEqual(['ack up to m2']);
  });

  it('that is given up while its message is decoded leaves it to the next, whatever that asks for', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const controller = new AbortController();
    const aborted = consumer.receiveImage({ signal: controller.signal });
    const message = consumer.receive();
    native.arrive('m1');
    expect(addon.decodes).toHaveLength(1);
    controller.abort('stop');
    await expect(aborted).rejects.toBe('stop');
    expect((await message).text()).toBe('m1');
  });

  it('decodes again when asked in another way', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const controller = new AbortController();
    const aborted = consumer.receiveImage({ signal: controller.signal });
    native.arrive('m1');
    controller.abort('stop');
    await expect(aborted).rejects.toBe('stop');
    const gray = consumer.receiveImage({ mode: 'grayscale' });
    expect(addon.decodes.map(({ options }) => options.mode)).toEqual([undefined, 'grayscale']);
    addon.decodes[0]?.finish({ data: new Uint8Array([1]) });
    addon.decodes[1]?.finish({ data: new Uint8Array([2]) });
    expect((await gray).at(0, 0)).toBe(2);
  });

  it('serves each who waits in the way that one asked for', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const color = consumer.receiveImage({ mode: 'color' });
    const gray = consumer.receiveImage({ mode: 'grayscale' });
    native.arrive('m1', 'm2');
    expect(addon.decodes.map(({ content, options }) => [content, options.mode])).toEqual([
      ['m1', 'color'],
      ['m2', 'grayscale'],
    ]);
    for (const decode of addon.decodes) decode.finish();
    expect([(await color).message.text(), (await gray).message.text()]).toEqual(['m1', 'm2']);
    expect(addon.decodes).toHaveLength(2);
  });

  it('rejects with EndOfTransmission', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const receiving = consumer.receiveImage();
    native.arrive('EOT');
    await expect(receiving).rejects.toThrow(EndOfTransmission);
    expect(addon.decodes).toEqual([]);
  });
});

describe('message.image()', () => {
  it('decodes on demand, and names the message in its error', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    native.arrive('m1');
    const message = await consumer.receive();
    const decoding = message.image({ mode: 'color' });
    last(addon.decodes).finish();
    expect((await decoding).message).toBe(message);
    const failing = message.image();
    last(addon.decodes).fail('LIMIT_EXCEEDED');
    await expect(failing).rejects.toMatchObject({ name: 'ImageError', code: 'LIMIT_EXCEEDED', received: message });
    await expect(message.image({ mode: 1 } as object)).rejects.toThrow(TypeError);
  });
});

describe('iteration', () => {
  it('ends at the end of transmission, with everything acknowledged', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1', 'm2', 'EOT', 'm3');
    const texts: string[] = [];
    for await (const message of consumer.messages()) texts.push(message.text());
    expect(texts).toEqual(['m1', 'm2']);
    expect(native.settled).toEqual(['ack up to m1', 'ack up to m2', 'ack EOT']);
    expect((await consumer.receive()).text()).toBe('m3');
  });

  it('over images does so too', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const images = consumer.images({ mode: 'grayscale' });
    const first = images.next();
    native.arrive('m1', 'EOT');
    last(addon.decodes).finish();
    expect((await first).value?.message.text()).toBe('m1');
    expect(await images.next()).toEqual({ done: true, value: undefined });
    expect(await images.next()).toEqual({ done: true, value: undefined });
  });

  it('left by break keeps the last message unacknowledged until the program comes back', async () => {
    const [consumer, native] = await connectedConsumer();
    native.arrive('m1', 'm2');
    for await (const message of consumer.messages()) {
      expect(message.text()).toBe('m1');
      break;
    }
    expect(native.settled).toEqual([]);
    expect((await consumer.receive()).text()).toBe('m2');
    expect(native.settled).toEqual(['ack up to m1']);
  });

  it('ends its waits at return(), and the message goes elsewhere', async () => {
    const [consumer, native] = await connectedConsumer();
    const messages = consumer.messages();
    const waiting = [messages.next(), messages.next()];
    const other = consumer.receive();
    await messages.return?.();
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    native.arrive('m1');
    expect((await other).text()).toBe('m1');
  });

  it('throws for what is no image, and goes on in a new loop', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const images = consumer.images();
    const loop = async () => {
      const texts: string[] = [];
      for await (const { message } of images) texts.push(message.text());
      return texts;
    };
    const failing = loop();
    native.arrive('bad', 'm2', 'EOT');
    addon.decodes[0]?.fail('NOT_AN_IMAGE');
    addon.decodes[1]?.finish();
    await expect(failing).rejects.toThrow(ImageError);
    expect(await loop()).toEqual(['m2']);
  });

  it('throws when its signal aborts', async () => {
    const [consumer] = await connectedConsumer();
    const controller = new AbortController();
    const next = consumer.messages({ signal: controller.signal }).next();
    controller.abort('stop');
    await expect(next).rejects.toBe('stop');
  });

  it('ends without an error when the program closes the consumer meanwhile', async () => {
    const [consumer] = await connectedConsumer();
    const loops = [consumer.messages().next(), consumer.images().next()];
    void consumer.exit();
    for (const next of loops) expect(await next).toEqual({ done: true, value: undefined });
  });

  it('throws a ClosedError when it begins with a consumer that is closed', async () => {
    const [consumer] = await connectedConsumer();
    void consumer.exit();
    await expect(consumer.messages().next()).rejects.toThrow(ClosedError);
    await expect(consumer.images().next()).rejects.toThrow(ClosedError);
  });
});

describe('release', () => {
  it('gives the body back, once, and says so to who asks for it later', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    native.arrive('m1');
    const message = await consumer.receive();
    const { body } = message;
    message.release();
    message.release();
    expect(addon.released).toEqual(['m1']);
    expect(body.byteLength).toBe(0);
    expect(message.size).toBe(2);
    const released = { name: 'MatmqError', code: 'RELEASED' };
    expect(() => message.body).toThrow(expect.objectContaining(released));
    expect(() => message.text()).toThrow(expect.objectContaining(released));
    await expect(message.image()).rejects.toMatchObject(released);
    expect(message.type).toBe('text');
  });

  it('of an image gives the pixels back, too', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    const receiving = consumer.receiveImage();
    native.arrive('m1');
    last(addon.decodes).finish();
    const image = await receiving;
    image.release();
    image.release();
    expect(addon.released).toEqual(['m1', '\u0007']);
    expect(() => image.data).toThrow(expect.objectContaining({ code: 'RELEASED' }));
  });

  it('happens at the end of a block with using', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    native.arrive('m1', 'm2');
    {
      using message = await consumer.receive();
      expect(message.text()).toBe('m1');
      expect(addon.released).toEqual([]);
    }
    expect(addon.released).toEqual(['m1']);
  });

  it('happens when a loop with reuse comes back, and not to what a loop was left with', async () => {
    const [consumer, native, addon] = await connectedConsumer();
    native.arrive('m1', 'm2', 'm3');
    for await (const message of consumer.messages({ reuse: true })) {
      if (message.text() === 'm2') break;
      expect(addon.released).toEqual([]);
    }
    expect(addon.released).toEqual(['m1']);
    for await (const message of consumer.messages()) {
      if (message.text() === 'm3') break;
    }
    expect(addon.released).toEqual(['m1']);
    expect(() => consumer.messages({ reuse: 1 } as object)).toThrow(TypeError);
  });
});

describe('the end', () => {
  it('by exit ends what waits, and every later receive, with a ClosedError', async () => {
    const [consumer, native] = await connectedConsumer({ name: 'viewer' });
    const waiting = [consumer.receive(), consumer.receiveImage()];
    const exited = consumer.exit();
    for (const receive of waiting) await expect(receive).rejects.toThrow(ClosedError);
    expect([native.held, native.closeCalls, consumer.closed]).toEqual([true, 1, true]);
    native.happen('closed');
    await Promise.all([exited, consumer.exit()]);
    expect(native.held).toBe(false);
    await expect(consumer.receive()).rejects.toThrow("consumer 'viewer' was closed by this program");
  });

  it('by a failure hands out what had arrived before', async () => {
    const [consumer, native] = await connectedConsumer({ ack: 'none' });
    native.arrive('m1', 'm2');
    await consumer.receive();
    native.arrive('m3');
    native.happen('closed', { error: nativeError('channel', 'CONSUMER_CANCELLED') });
    expect((await consumer.receive()).text()).toBe('m2');
    expect((await consumer.receive()).text()).toBe('m3');
    await expect(consumer.receive()).rejects.toMatchObject({ name: 'ChannelError', code: 'CONSUMER_CANCELLED' });
    await expect(consumer.receiveImage()).rejects.toMatchObject({ code: 'CONSUMER_CANCELLED' });
    await consumer.exit();
    await expect(consumer.receive()).rejects.toMatchObject({ code: 'CONSUMER_CANCELLED' });
  });

  it('by a failure ends what waits with it', async () => {
    const [consumer, native] = await connectedConsumer();
    const waiting = [consumer.receive(), consumer.receiveImage()];
    native.happen('closed', { error: nativeError('connection', 'CONNECTION_LOST') });
    for (const receive of waiting) await expect(receive).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(native.held).toBe(false);
  });
});

describe('connect', () => {
  it('passes the options on, and knows its queue', async () => {
    const [consumer, native] = await connectedConsumer({ routingKey: ['a', 'b'], prefetch: 3, ack: 'manual' });
    expect(native.options).toMatchObject({
      prefetch: 3,
      ack: 'manual',
      name: 'consumer',
      amqp: { routingKey: ['a', 'b'] },
    });
    expect(consumer.queueName).toBe('amq.gen-1');
  });

  it('rejects with what closed it', async () => {
    const addon = useFakeAddon();
    const { Consumer } = await import('../../../lib/consumer/consumer.js');
    const connecting = Consumer.connect({});
    last(addon.consumers).happen('closed', {
      error: nativeError('channel', 'PRECONDITION_FAILED', 'inequivalent', 406),
    });
    await expect(connecting).rejects.toMatchObject({ name: 'ChannelError', replyCode: 406, message: 'inequivalent' });
  });
});
