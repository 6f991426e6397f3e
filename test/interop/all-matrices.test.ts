import { createHash } from 'node:crypto';
import { Mat, makeType, Producer } from 'matmq';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { bytesOf } from '../support/mats.js';
import { python } from '../support/python.js';
import { LANGUAGES, type Received, receiveInEachLanguage } from './examples.js';

const ROWS = 5;
const COLS = 3;
const DEPTHS = [0, 1, 2, 3, 4, 5, 6];
const CHANNELS = [1, 2, 3, 4, 5, 17, 512];

/** As send_matrices.py makes them: each, and as a part of a larger one. */
function matrices(): Mat[] {
  const made: Mat[] = [];
  for (const depth of DEPTHS) {
    for (const channels of CHANNELS) {
      const mat = new Mat(ROWS, COLS, makeType(depth, channels));
      bytesOf(mat).forEach((_, i, bytes) => {
        bytes[i] = i * 7 + depth;
      });
      const part = new Mat(ROWS + 3, COLS + 5, mat.type).region({ x: 1, y: 2, width: COLS, height: ROWS });
      for (let y = 0; y < ROWS; y++) {
        const { buffer, byteOffset, byteLength } = part.row(y);
        const row = mat.row(y);
        new Uint8Array(buffer, byteOffset, byteLength).set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
      }
      made.push(mat, part);
    }
  }
  return made;
}

const SENDERS = {
  TypeScript: async (url: string, exchange: string) => {
    const producer = await Producer.connect({ url, exchange, exchangeType: 'fanout' });
    for (const mat of matrices()) await producer.sendImage(mat, 'raw');
    await producer.sendEOT();
    await producer.flushAndExit();
  },
  Python: (url: string, exchange: string) =>
    python('interop/send_matrices.py', [url, exchange, String(ROWS), String(COLS), CHANNELS.join()]),
};

describe.each(Object.keys(SENDERS) as (keyof typeof SENDERS)[])('every kind of matrix from %s', (sender) => {
  let received: Received;

  beforeAll(async () => {
    const url = inject('brokerUrl');
    const exchange = `interop-matrices-${sender}`;
    const args = ['--url', url, '--exchange', exchange, '--exchange-type', 'fanout'];
    received = await receiveInEachLanguage(args, () => SENDERS[sender](url, exchange));
  });

  test.each(LANGUAGES)('arrives in %s with its type and every byte', (receiver) => {
    const expected = matrices().map((mat) =>
      expect.objectContaining({
        encoding: 'raw',
        rows: ROWS,
        cols: COLS,
        cvtype: mat.typeName,
        sha256: createHash('sha256').update(bytesOf(mat)).digest('hex'),
      }),
    );
    expect(received.get(receiver)?.slice(1, -1)).toEqual(expected);
  });
});
