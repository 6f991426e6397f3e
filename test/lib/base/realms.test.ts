/** Values that another realm made: a `vm` context, or a test runner that has one for each file. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fieldTable } from '../../../lib/base/field-table.js';
import { readConsumerOptions } from '../../../lib/connection/consumer-options.js';
import { Mat } from '../../../lib/image/mat.js';
import { readSendOptions } from '../../../lib/producer/send-options.js';

const foreign = <T>(expression: string): T => runInNewContext(expression);

describe('values of another realm', () => {
  it('are dates in headers and offsets', () => {
    const date = foreign<Date>('new Date(1000)');
    expect(date instanceof Date).toBe(false);
    expect(fieldTable({ at: date }, 'headers')).toEqual(Object.assign(Object.create(null), { at: date }));
    const queue = { name: 'q', type: 'stream' as const, streamOffset: date };
    expect(readConsumerOptions({ queue }).native.amqp.queue?.streamOffset).toEqual(new Date(1000));
  });

  it('are octets in headers', () => {
    const table = fieldTable({ raw: foreign('new Uint8Array([1, 2])') }, 'headers');
    expect(table.raw).toEqual(new Uint8Array([1, 2]));
  });

  it.each(['new Uint8Array(4)', 'new ArrayBuffer(4)', 'new SharedArrayBuffer(4)', 'new DataView(new ArrayBuffer(4))'])(
    'are the memory of a matrix: %s',
    (expression) => {
      expect(new Mat(2, 2, 'CV_8UC1', foreign(expression)).data).toHaveLength(4);
    },
  );

  it('are options', () => {
    const options = foreign<object>("({ routingKey: 'a', properties: { headers: { n: 1 } } })");
    expect(readSendOptions(options).native?.amqp?.routingKey).toBe('a');
  });
});
