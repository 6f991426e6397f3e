import { expect, inject, it, vi } from 'vitest';
import { unique } from '../support/clients.js';
import { Fixture } from '../support/fixture-program.js';

vi.setConfig({ testTimeout: 300_000 });

/** The image of the article that MatMQ began with: 275.9 MB, more than twice what RabbitMQ 3.8 to 3.13 takes. */
const IMAGE = { rows: 10_000, cols: 9_197 };
const BYTES = IMAGE.rows * IMAGE.cols * 3;
const BESIDES = 64 * 1024 * 1024;

interface Result {
  readonly sha256: string;
  readonly peak: number;
}

it('an image of 275.9 MB passes a broker that takes 128 MiB, in its own memory and 64 MiB on each side', async () => {
  expect(BYTES).toBe(275_910_000);
  const connection = { url: inject('brokerUrl'), exchange: unique('exchange') };
  const receiver = new Fixture('process/fixtures/memory/receives-large.mjs', { ...connection, prefetch: 1 });
  expect(await receiver.next()).toBe('ready');
  const sender = new Fixture('process/fixtures/memory/sends-large.mjs', { ...connection, ...IMAGE });
  const sent = (await sender.next()) as Result;
  expect(await sender.next()).toMatchObject({ confirmed: 3, segments: 3, connects: 1 });
  const received = (await receiver.next()) as Result;
  expect(received).toMatchObject({ rows: IMAGE.rows, cols: IMAGE.cols, typeName: 'CV_8UC3', sha256: sent.sha256 });
  expect(await receiver.next()).toMatchObject({ end: 'END_OF_TRANSMISSION', received: 3, segments: 3, openBytes: 0 });
  console.log(`beside the image: sender ${sent.peak - BYTES} bytes, receiver ${received.peak - BYTES} bytes at most`);
  expect(sent.peak).toBeLessThan(BYTES + BESIDES);
  expect(received.peak).toBeLessThan(BYTES + BESIDES);
  expect((await sender.end()).code).toBe(0);
  expect((await receiver.end()).code).toBe(0);
});
