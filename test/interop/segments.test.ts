/** Messages above the broker's limit, from each language to each. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type PrivateBroker, startPrivateBroker } from '../../tools/private-broker.js';
import { python } from '../support/python.js';
import { LANGUAGES, publish, type Received, receiveInEachLanguage } from './examples.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const LIMIT = 256 * 1024;
const PHOTOS = ['coffee.png', 'hubble_deep_field.jpg', 'astronaut.png'].map((name) =>
  fileURLToPath(new URL(`../../examples/photos/${name}`, import.meta.url)),
);

let broker: PrivateBroker;
let hashes: readonly string[];
beforeAll(async () => {
  broker = await startPrivateBroker({ config: `max_message_size = ${LIMIT}\n` });
  const references: { sha256: string; rows: number; cols: number }[] = JSON.parse(
    await python('interop/opencv_reference.py', PHOTOS),
  );
  hashes = references.map(({ sha256 }) => sha256);
  for (const { rows, cols } of references) expect(rows * cols * 3).toBeGreaterThan(2 * LIMIT);
});
afterAll(() => broker.stop());

describe.each(LANGUAGES)('from %s', (sender) => {
  let received: Received;

  beforeAll(async () => {
    const common = ['--url', broker.url, '--exchange', `segments-${sender}`, '--exchange-type', 'fanout'];
    received = await receiveInEachLanguage(common, () => {
      const pictures = PHOTOS.flatMap((path) => ['--text', path, '--image', path, '--encoding', 'raw']);
      // The others learn the limit from the broker's refusal, and send again.
      const limit = sender === 'Python' ? ['--max-message-size', `${LIMIT}`] : [];
      return publish(sender, [...common, ...limit, ...pictures, '--eot']);
    });
  });

  test.each(LANGUAGES)('to %s: every pixel is there, in order, with the end behind them', (receiver) => {
    const lines = received.get(receiver) ?? [];
    expect(lines.at(-1)).toEqual({ eot: true });
    // What was confirmed too late before the broker's refusal came twice, with the same id.
    const first = new Map(lines.slice(1, -1).map((line) => [line.messageId, line]));
    const messages = [...first.values()];
    expect(messages.map(({ text, sha256 }) => text ?? sha256)).toEqual(PHOTOS.flatMap((path, i) => [path, hashes[i]]));
    for (const { sha256, contentType, cvtype } of messages) {
      if (sha256) expect([contentType, cvtype]).toEqual(['application/x-cv-mat', 'CV_8UC3']);
    }
  });
});
