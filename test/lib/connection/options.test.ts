import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readConsumerOptions } from '../../../lib/connection/consumer-options.js';
import { readProducerOptions } from '../../../lib/connection/producer-options.js';

const MiB = 1024 * 1024;

const connectionDefaults = {
  url: ['amqp://guest:guest@localhost:5672/'],
  connectTimeoutMs: 10_000,
  reconnect: true,
  reconnectInitialDelayMs: 100,
  reconnectMaxDelayMs: 5_000,
  highWaterMarkMessages: 1024,
  highWaterMarkBytes: 256 * MiB,
};

const amqpDefaults = {
  heartbeatSeconds: 30,
  login: 'plain',
  frameMax: 131_072,
  exchange: 'my_exchange_1',
  exchangeType: 'direct',
  durable: false,
  declare: true,
};

const wrongPlace = (options: unknown) => () => readProducerOptions(options);
const wrongConsumer = (options: unknown) => () => readConsumerOptions(options);

describe('options of a producer', () => {
  it('have the documented defaults', () => {
    expect(readProducerOptions({})).toEqual({
      native: {
        ...connectionDefaults,
        name: 'producer',
        whenFull: 'wait',
        segment: true,
        amqp: {
          ...amqpDefaults,
          routingKey: 'my_key_1',
          confirm: true,
          confirmTimeoutMs: 60_000,
          persistent: false,
          mandatory: false,
          maxMessageSize: 0,
        },
      },
      signal: undefined,
    });
  });

  it('take the default where undefined is given', () => {
    expect(readProducerOptions({ name: undefined, heartbeat: undefined })).toEqual(readProducerOptions({}));
  });

  it('pass on everything that is given', () => {
    const { signal } = new AbortController();
    const read = readProducerOptions({
      url: ['amqp://a', 'amqp://b'],
      name: 'camera-1',
      exchange: '',
      exchangeType: 'topic',
      durable: true,
      declare: false,
      heartbeat: 0,
      connectTimeout: 1,
      reconnect: { initialDelay: 5, maxDelay: 6 },
      frameMax: 4096,
      highWaterMark: { messages: 2, bytes: 3 },
      routingKey: 'k',
      confirm: false,
      confirmTimeout: 7,
      persistent: true,
      mandatory: true,
      whenFull: 'dropOldest',
      maxMessageSize: 17,
      segment: false,
      signal,
    });
    expect(read).toEqual({
      native: {
        url: ['amqp://a', 'amqp://b'],
        name: 'camera-1',
        connectTimeoutMs: 1,
        reconnect: true,
        reconnectInitialDelayMs: 5,
        reconnectMaxDelayMs: 6,
        highWaterMarkMessages: 2,
        highWaterMarkBytes: 3,
        whenFull: 'dropOldest',
        segment: false,
        amqp: {
          login: 'plain',
          heartbeatSeconds: 0,
          frameMax: 4096,
          exchange: '',
          exchangeType: 'topic',
          durable: true,
          declare: false,
          routingKey: 'k',
          confirm: false,
          confirmTimeoutMs: 7,
          persistent: true,
          mandatory: true,
          maxMessageSize: 17,
        },
      },
      signal,
    });
  });

  it('round the heartbeat up to whole seconds', () => {
    expect(readProducerOptions({ heartbeat: 1 }).native.amqp.heartbeatSeconds).toBe(1);
    expect(readProducerOptions({ heartbeat: 2001 }).native.amqp.heartbeatSeconds).toBe(3);
  });

  it('read a plain high-water mark as messages, and keep the bytes', () => {
    const { native } = readProducerOptions({ highWaterMark: 8 });
    expect([native.highWaterMarkMessages, native.highWaterMarkBytes]).toEqual([8, 256 * MiB]);
  });

  it.each([
    [true, true, 100, 5000],
    [false, false, 100, 5000],
    [{ maxDelay: 50 }, true, 50, 50],
    [{ initialDelay: 9000 }, true, 9000, 9000],
  ])('read reconnect %j', (reconnect, enabled, initialDelay, maxDelay) => {
    const { native } = readProducerOptions({ reconnect });
    expect([native.reconnect, native.reconnectInitialDelayMs, native.reconnectMaxDelayMs]).toEqual([
      enabled,
      initialDelay,
      maxDelay,
    ]);
  });

  class Settings {
    name = 'camera-1';
  }
  it.each([
    ['a URL', new URL('amqp://me:secret@host/')],
    ['a Map', new Map([['name', 'camera-1']])],
    ['an AbortSignal', new AbortController().signal],
    ['a Date', new Date()],
    ['bytes', new Uint8Array(2)],
    ['an object of a class', new Settings()],
    ['an object that inherits its options', Object.create({ name: 'camera-1' })],
    ['a function', () => ({})],
  ])('refuse %s in their place, whose wishes would be ignored', (_what, options) => {
    for (const given of [options, new Proxy(options, {})]) {
      expect(wrongPlace(given)).toThrow(TypeError);
      expect(wrongPlace(given)).toThrow(/a plain object such as \{ url: 'amqp:\/\/localhost' \} for options/);
      expect(wrongPlace({ highWaterMark: given })).toThrow(/options.highWaterMark/);
      expect(wrongConsumer({ queue: { name: 'q', arguments: given } })).toThrow(/plain object for .*arguments/);
    }
  });

  it.each([
    ['of another realm', runInNewContext("({ name: 'camera-1' })")],
    ['without a prototype', Object.assign(Object.create(null), { name: 'camera-1' })],
    ['behind a proxy', new Proxy({ name: 'camera-1' }, {})],
  ])('may be a plain object %s', (_what, options) => {
    expect(readProducerOptions(options).native.name).toBe('camera-1');
  });

  it('refuse unknown names, and say which one was perhaps meant', () => {
    expect(wrongPlace({ routingkey: 'x' })).toThrow(
      "expected a known name in options but received 'routingkey': did you mean 'routingKey'?",
    );
    expect(wrongPlace({ colour: 3 })).toThrow(/received 'colour': known names are url, name, /);
    expect(wrongPlace({ prefetch: 3 })).toThrow(/received 'prefetch': it is an option of Consumer.connect\(\)/);
    expect(wrongPlace({ reconnect: { initalDelay: 3 } })).toThrow(/in options.reconnect.*did you mean 'initialDelay'/);
    expect(wrongPlace({ constructor: 1 })).toThrow(/known name in options but received 'constructor'/);
    expect(wrongPlace(JSON.parse('{"__proto__": 1}'))).toThrow(/known name/);
  });

  it.each([
    [null, "a plain object such as { url: 'amqp://localhost' } for options but received null"],
    ['amqp://localhost', "for options but received 'amqp://localhost' of type string"],
    [[], 'for options but received a value of type Array'],
    [{ url: 7 }, 'a URL as a string, or a list of them, for options.url but received 7 of type number'],
    [{ url: [] }, 'at least one URL for options.url'],
    [{ url: ['amqp://a', null] }, 'for options.url but received null'],
    [{ name: '' }, 'a string that is not empty for options.name'],
    [{ name: 'ä'.repeat(128) }, 'a string of at most 255 bytes of UTF-8 for options.name'],
    [{ exchange: 1 }, 'a string for options.exchange but received 1 of type number'],
    [{ durable: 'yes' }, "true or false for options.durable but received 'yes' of type string"],
    [{ confirm: 1 }, 'true or false for options.confirm'],
    [{ confirmTimeout: -1 }, 'an integer from 0 to 2147483647 (milliseconds) for options.confirmTimeout'],
    [{ confirmTimeout: Number.POSITIVE_INFINITY }, 'for options.confirmTimeout but received Infinity'],
    [{ heartbeat: -1 }, 'an integer from 0 to 65535000 (milliseconds) for options.heartbeat but received -1'],
    [{ heartbeat: Number.NaN }, 'for options.heartbeat but received NaN of type number'],
    [{ connectTimeout: 0 }, 'an integer from 1 to 2147483647 (milliseconds) for options.connectTimeout'],
    [{ connectTimeout: '10' }, "for options.connectTimeout but received '10' of type string"],
    [{ reconnect: 5 }, 'true, false or { initialDelay, maxDelay } for options.reconnect'],
    [{ reconnect: { initialDelay: 9, maxDelay: 8 } }, 'at least initialDelay (9) for options.reconnect.maxDelay'],
    [{ frameMax: 4095 }, 'an integer from 4096 to 2147483647 (bytes) for options.frameMax'],
    [{ highWaterMark: 0 }, 'for options.highWaterMark but received 0'],
    [{ highWaterMark: '8' }, 'a number of messages or { messages, bytes } for options.highWaterMark'],
    [{ highWaterMark: { bytes: 1.5 } }, 'for options.highWaterMark.bytes but received 1.5'],
    [{ whenFull: 'drop' }, "one of 'wait', 'reject', 'dropOldest' for options.whenFull but received 'drop'"],
    [{ maxMessageSize: 0 }, 'for options.maxMessageSize but received 0'],
    [{ signal: {} }, 'an AbortSignal for options.signal but received a value of type Object'],
  ])('refuse %j', (options, message) => {
    expect(wrongPlace(options)).toThrow(message);
  });

  it('of TLS pass on paths as strings and contents as bytes of their own', () => {
    const text = '-----BEGIN CERTIFICATE-----\n';
    const cert = Buffer.from(text);
    const { native } = readProducerOptions({ tls: { ca: '/etc/ca.pem', cert, key: text, serverName: 'broker' } });
    cert.fill(0);
    expect(native.tls).toEqual({
      ca: '/etc/ca.pem',
      cert: Uint8Array.from(Buffer.from(text)),
      key: Buffer.from(text),
      passphrase: '',
      serverName: 'broker',
      insecureUnauthenticated: false,
    });
    expect(readProducerOptions({ login: 'external' }).native.amqp.login).toBe('external');
  });

  it.each([
    [{ tls: true }, 'a plain object for options.tls'],
    [{ tls: { servername: 'x' } }, "did you mean 'serverName'?"],
    [{ tls: { rejectUnauthorized: false } }, "a known name in options.tls but received 'rejectUnauthorized'"],
    [{ tls: { ca: '' } }, 'a path, or PEM text as a string or Buffer, for options.tls.ca'],
    [{ tls: { key: 5 } }, 'for options.tls.key'],
    [{ tls: { insecureUnauthenticated: 1 } }, 'true or false for options.tls.insecureUnauthenticated'],
    [{ login: 'PLAIN' }, "one of 'plain', 'external' for options.login"],
  ])('of TLS refuse %j', (options, message) => {
    expect(wrongPlace(options)).toThrow(message);
  });

  it('never show a URL, a key or a passphrase', () => {
    const secret = 'hunter2';
    for (const tls of [{ passphrase: [secret] }, { key: [secret] }, { cert: { secret } }, { ca: `${secret}\0` }]) {
      expect(wrongPlace({ tls })).toThrow(/not shown/);
      expect(wrongPlace({ tls })).not.toThrow(/hunter2/);
    }
    expect(wrongPlace({ url: [`amqps://me:${secret}@localhost`, 5] })).not.toThrow(/hunter2/);
  });

  it('never show one that is given in the wrong place', () => {
    const url = 'amqps://me:hunter2@localhost';
    const key = '-----BEGIN PRIVATE KEY-----\nhunter2';
    for (const options of [url, { durable: url }, { name: url.repeat(99) }, { durable: key }, { login: 'hunter2' }]) {
      expect(wrongPlace(options)).toThrow(/not shown/);
      expect(wrongPlace(options)).not.toThrow(/hunter2/);
    }
    for (const tls of [key, 'hunter2', [key]]) {
      expect(wrongPlace({ tls })).toThrow('a plain object for options.tls');
      expect(wrongPlace({ tls })).not.toThrow(/hunter2/);
    }
  });

  it('of TLS take what has several lines for contents, marks in front of it or not', () => {
    for (const text of ['Bag Attributes\n-----BEGIN PRIVATE KEY-----\n', 'MIIEvg\nhunter2\n']) {
      expect(readProducerOptions({ tls: { key: text } }).native.tls?.key).toEqual(Buffer.from(text));
    }
  });

  it('are refused with a TypeError or RangeError of code INVALID_ARGUMENT', () => {
    expect(wrongPlace({ name: 1 })).toThrow(TypeError);
    expect(wrongPlace({ frameMax: 1 })).toThrow(RangeError);
    expect(wrongPlace({ frameMax: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(wrongPlace({ nam: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('let the error of a getter through', () => {
    const options = {
      get name(): string {
        throw new Error('mine');
      },
    };
    expect(wrongPlace(options)).toThrow('mine');
  });
});

describe('options of a consumer', () => {
  it('have the documented defaults', () => {
    expect(readConsumerOptions({})).toEqual({
      native: {
        ...connectionDefaults,
        name: 'consumer',
        prefetch: 'auto',
        ack: 'auto',
        segments: 'accept',
        limits: { pixels: 128 * MiB, decodedBytes: 512 * MiB, decodeTime: 10_000, messageBytes: 512 * MiB },
        formats: ['png', 'jpeg', 'webp', 'bmp'],
        amqp: { ...amqpDefaults, routingKey: ['my_key_1'] },
      },
      signal: undefined,
    });
    expect(readConsumerOptions({}).native.amqp).not.toHaveProperty('queue');
  });

  it('take one routing key or several', () => {
    expect(readConsumerOptions({ routingKey: 'a' }).native.amqp.routingKey).toEqual(['a']);
    expect(readConsumerOptions({ routingKey: ['a', 'b'] }).native.amqp.routingKey).toEqual(['a', 'b']);
  });

  it('fill in a named queue', () => {
    expect(readConsumerOptions({ queue: { name: 'q' } }).native.amqp.queue).toEqual({
      name: 'q',
      durable: true,
      type: 'classic',
      arguments: {},
      redeclare: false,
    });
  });

  it('take every kind of AMQP field as an argument of the queue', () => {
    const args = {
      'x-max-length': 5,
      nothing: null,
      flag: true,
      big: 2n ** 63n - 1n,
      half: 0.5,
      text: 'x',
      bytes: new Uint8Array([1]),
      when: new Date(0),
      list: [1, ['a'], { deep: 1 }],
      table: { a: { b: 'c' } },
    };
    expect(readConsumerOptions({ queue: { name: 'q', arguments: args } }).native.amqp.queue?.arguments).toEqual(args);
  });

  it('take formats as a set', () => {
    expect(readConsumerOptions({ formats: ['tiff', 'png', 'tiff'] }).native.formats).toEqual(['png', 'tiff']);
  });

  it('take a format by each of its names', () => {
    const named = (...formats: string[]) => readConsumerOptions({ formats }).native.formats;
    expect(named('jpg')).toEqual(['jpeg']);
    expect(named('.JPEG', '.tif', 'ppm')).toEqual(['jpeg', 'tiff', 'pnm']);
    expect(named('pbm', '.pgm', 'pnm')).toEqual(['pnm']);
  });

  it('fill in limits one by one', () => {
    const { native } = readConsumerOptions({ limits: { pixels: 9 } });
    expect([native.limits.pixels, native.limits.decodedBytes]).toEqual([9, 512 * MiB]);
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  it.each([
    [{ routingKey: [] }, 'at least one routing key for options.routingKey'],
    [{ routingKey: [1] }, 'a string for options.routingKey[0]'],
    [{ prefetch: 65_536 }, "an integer from 0 to 65535 (messages, or 'auto') for options.prefetch"],
    [{ ack: 'automatic' }, "one of 'auto', 'manual', 'none' for options.ack"],
    [{ queue: 'q' }, "a plain object such as { name: 'frames' } for options.queue but received 'q' of type string"],
    [{ queue: {} }, "the queue's name, a string that is not empty, for options.queue.name but received undefined"],
    [{ queue: { name: '' } }, 'a string that is not empty for options.queue.name'],
    [{ queue: { name: 'q', streamOffset: 'begin' } }, "one of 'first', 'last', 'next' for options.queue.streamOffset"],
    [{ queue: { name: 'q', streamOffset: -1 } }, 'for options.queue.streamOffset'],
    [{ queue: { name: 'q', streamOffset: true } }, "'first', 'last', 'next', an offset or a Date"],
    [{ queue: { name: 'q', streamOffset: new Date(Number.NaN) } }, 'a valid Date from 1970 on'],
    [{ queue: { name: 'q', type: 'mirrored' } }, "one of 'classic', 'quorum', 'stream' for options.queue.type"],
    [{ queue: { name: 'q', arguments: { a: Number.NaN } } }, 'a finite number for options.queue.arguments.a'],
    [{ queue: { name: 'q', arguments: { a: 2n ** 63n } } }, 'a bigint of 64 bits for options.queue.arguments.a'],
    [{ queue: { name: 'q', arguments: { a: new Map() } } }, 'but received a value of type Map'],
    [{ queue: { name: 'q', arguments: { a: () => 1 } } }, 'but received a value of type function'],
    [{ queue: { name: 'q', arguments: { a: new Date(Number.NaN) } } }, 'a valid Date from 1970 on'],
    [{ limits: { pixels: 0 } }, 'for options.limits.pixels but received 0'],
    [{ formats: 'tiff' }, "for options.formats but received 'tiff'"],
    [{ formats: [] }, 'at least one format for options.formats'],
    [{ formats: ['png', 'gif'] }, "for options.formats[1] but received 'gif'"],
    [{ formats: ['raw'] }, "for options.formats[0] but received 'raw'"],
    [{ limits: { bytes: 1 } }, "known name in options.limits but received 'bytes'"],
    [{ mandatory: true }, "known name in options but received 'mandatory'"],
  ])('refuse %o', (options, message) => {
    expect(wrongConsumer(options)).toThrow(message);
  });

  it('refuse cyclic and deeply nested arguments', () => {
    expect(wrongConsumer({ queue: { name: 'q', arguments: cyclic } })).toThrow(/at most 32 levels/);
  });
});
