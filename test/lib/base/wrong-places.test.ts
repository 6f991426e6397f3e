/** What was given in the wrong place, or is nearly right, is told where it goes and what to do. */
import { type ImageSource, Mat } from 'matmq';
import { describe, expect, it } from 'vitest';
import { homeOf } from '../../../lib/base/option-homes.js';
import { consumerReaders, readConsumerOptions } from '../../../lib/connection/consumer-options.js';
import { producerReaders, readProducerOptions } from '../../../lib/connection/producer-options.js';
import { decodeReaders, encodeReaders, readReaders } from '../../../lib/image/options.js';
import { readSource } from '../../../lib/image/sources.js';
import { readSendImageOptions, readSendOptions } from '../../../lib/producer/send-options.js';

describe('an option in the wrong place', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['headers of send()', () => readSendOptions({ headers: {} }), /'headers': it is a property of the message/],
    ['persistent of send()', () => readSendOptions({ persistent: true }), /Producer.connect\(\).*deliveryMode: 2/],
    ['priority of sendImage()', () => readSendImageOptions({ priority: 1 }), /\{ properties: /],
    ['queue of a producer', () => readProducerOptions({ queue: {} }), /a producer sends to an exchange/],
    ['quality of a producer', () => readProducerOptions({ quality: 90 }), /sendImage\(\)/],
    ['confirm of a consumer', () => readConsumerOptions({ confirm: true }), /Producer.connect\(\)/],
    ['damaged of a consumer', () => readConsumerOptions({ damaged: 'keep' }), /receiveImage\(\)/],
    ['pixels of a consumer', () => readConsumerOptions({ pixels: 1 }), /\{ limits: /],
    ['segment of a consumer', () => readConsumerOptions({ segment: false }), /Consumer.connect\(\) has segments/],
    ['segments of a producer', () => readProducerOptions({ segments: 'refuse' }), /Producer.connect\(\) has segment$/],
  ])('(%s) is told where it belongs', (_, read, message) => {
    expect(read).toThrow(message);
  });

  it('is known where it is said to belong', () => {
    const known = { ...producerReaders, ...consumerReaders, ...decodeReaders, ...encodeReaders, ...readReaders };
    for (const name of Object.keys(known)) {
      const home = homeOf(name);
      if (home?.startsWith('it is an option of Producer.connect()')) expect(producerReaders).toHaveProperty(name);
      if (home?.startsWith('it is an option of Consumer.connect()')) expect(consumerReaders).toHaveProperty(name);
    }
    expect(homeOf('constructor')).toBeUndefined();
  });
});

describe('a value that is nearly right', () => {
  it('is to be awaited when it is a promise', () => {
    expect(() => readSource(Promise.resolve(new Mat(1, 1, 'CV_8UC1')))).toThrow(/a value of type Promise: await it$/);
    expect(() => readSendOptions(Promise.resolve({}))).toThrow(/await it$/);
  });

  it("is a pipeline of sharp's: the call to make is named", () => {
    const sharp = { raw() {}, toBuffer() {}, metadata() {} } as unknown as ImageSource;
    expect(() => readSource(sharp)).toThrow(/raw\(\).toBuffer\(\{ resolveWithObject: true \}\)/);
  });

  it('is an array of other elements, or a plain one: the right one is named', () => {
    expect(() => new Mat(2, 2, 'CV_32FC1', new Float64Array(4))).toThrow(
      /16 bytes.*it is a Float64Array; a matrix of type CV_32FC1 has a Float32Array/,
    );
    expect(() => new Mat(2, 2, 'CV_8UC1', [1, 2, 3, 4] as unknown as Uint8Array)).toThrow(/Uint8Array.from\(\)/);
    expect(() => new Mat(2, 2, 'CV_8UC1', new Uint8Array(5))).toThrow(/received 5 of type number$/);
  });
});
