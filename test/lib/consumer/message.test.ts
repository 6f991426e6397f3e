import { CV_8UC1, Mat } from 'matmq';
import { describe, expect, it } from 'vitest';
import type { NativeMat } from '../../../lib/addon/contract.js';
import { Delivery } from '../../../lib/consumer/delivery.js';
import { Message, ReceivedImage } from '../../../lib/consumer/message.js';
import { FakeMessage } from '../support/fake-addon.js';

describe('a received image', () => {
  const [delivery] = Delivery.all(...new FakeMessage('m').values(1)) as [Delivery];
  const envelope = new Message(delivery, {
    ackMode: 'auto',
    properties: () => ({}),
    acknowledge: () => true,
    reject: () => true,
    decode: () => Promise.reject(new Error('not here')),
    release: () => {},
  });

  it('is a Mat with its message', () => {
    const native: NativeMat = { rows: 2, cols: 1, type: CV_8UC1, step: 2, data: new Uint8Array([1, 0, 2, 0]) };
    const image = new ReceivedImage(native, envelope);
    expect(image).toBeInstanceOf(Mat);
    expect(image.message).toBe(envelope);
    expect([image.at(0, 0), image.at(1, 0)]).toEqual([1, 2]);
    expect(image.data.buffer).toBe(native.data.buffer);
  });

  it('is copied when it lies where its typed array cannot begin', () => {
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat64(1, 2.5, true);
    const image = new ReceivedImage({ rows: 1, cols: 1, type: 6, step: 8, data: bytes.subarray(1) }, envelope);
    expect(image.at(0, 0)).toBe(2.5);
  });
});
