/** What somebody puts into `Object.prototype` is no option of ours. */
import { afterEach, describe, expect, it } from 'vitest';
import { readWaitOptions } from '../../../lib/base/wait-options.js';
import { consumerReaders, readConsumerOptions } from '../../../lib/connection/consumer-options.js';
import { producerReaders, readProducerOptions } from '../../../lib/connection/producer-options.js';
import {
  readImagesOptions,
  readMessagesOptions,
  readReceiveImageOptions,
} from '../../../lib/consumer/receive-options.js';
import { readEncodeOptions, readReadOptions, readWriteOptions } from '../../../lib/image/options.js';
import { readSendEotOptions, readSendImageOptions, readSendOptions } from '../../../lib/producer/send-options.js';

/** Of every option there is, at any depth, and of every name that the addon reads. */
const NAMES = [
  ...Object.keys({ ...producerReaders, ...consumerReaders }),
  ...['ca', 'cert', 'key', 'passphrase', 'serverName', 'insecureUnauthenticated', 'initialDelay', 'maxDelay'],
  ...[
    'messages',
    'bytes',
    'arguments',
    'redeclare',
    'streamOffset',
    'type',
    'pixels',
    'decodedBytes',
    'decodeTime',
    'messageBytes',
  ],
  ...['damaged', 'cancellation'],
  ...['mode', 'ignoreOrientation', 'reduce', 'formats', 'limits', 'timeout', 'reuse', 'format'],
  ...['copy', 'transfer', 'properties', 'headers', 'contentType', 'deliveryMode', 'priority', 'expiration', 'userId'],
  ...[
    'quality',
    'progressive',
    'optimize',
    'restartInterval',
    'chromaSubsampling',
    'compression',
    'strategy',
    'filter',
  ],
  ...['lossless', 'channelOrder', 'amqp', 'url', 'reconnect', 'connectTimeoutMs', 'enabled'],
];

const READS: readonly [string, () => unknown][] = [
  ['producer', () => readProducerOptions({})],
  ['consumer', () => readConsumerOptions({})],
  ['consumer with everything nested', () => readConsumerOptions({ queue: { name: 'q' }, tls: {}, limits: {} })],
  ['producer with everything nested', () => readProducerOptions({ tls: {}, reconnect: {}, highWaterMark: {} })],
  ['send', () => readSendOptions({})],
  ['sendImage', () => readSendImageOptions({})],
  ['sendImage with properties', () => readSendImageOptions({ properties: {} })],
  ['sendEOT', () => readSendEotOptions({})],
  ['receive', () => readWaitOptions({})],
  ['receiveImage', () => readReceiveImageOptions({})],
  ['messages', () => readMessagesOptions({})],
  ['messages without options', () => readMessagesOptions(undefined)],
  ['images', () => readImagesOptions({})],
  ['encode', () => readEncodeOptions({})],
  ['write', () => readWriteOptions({})],
  ['read', () => readReadOptions({})],
];

/** All that can be read of a value by the names, whoever answers. */
function seen(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 4) return value;
  if (Array.isArray(value)) return value.map((item) => seen(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, seen(own, depth + 1)]));
}

const poisoned = new Set<string>();
afterEach(() => {
  for (const name of poisoned) Reflect.deleteProperty(Object.prototype, name);
  poisoned.clear();
});

describe.each(READS)('the options of %s', (_, read) => {
  it.each(NAMES)('are the same when Object.prototype has %s', (name) => {
    const before = seen(read());
    poisoned.add(name);
    for (const poison of [{ insecureUnauthenticated: true }, true, 1, 'x']) {
      Object.defineProperty(Object.prototype, name, { value: poison, enumerable: true, configurable: true });
      const after = read();
      Reflect.deleteProperty(Object.prototype, name);
      expect(seen(after)).toEqual(before);
    }
  });
});
