import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Producer } from 'matmq';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { python } from '../support/python.js';
import { LANGUAGES, type Language, publish, type Received, receiveInEachLanguage } from './examples.js';

const PHOTOS = fileURLToPath(new URL('../../examples/photos', import.meta.url));
const photos = readdirSync(PHOTOS)
  .filter((name) => /\.(png|jpg)$/.test(name))
  .map((name) => join(PHOTOS, name));

// The last one is what the body of an end of transmission looks like.
const TEXTS = ['Grüße, 世界 🌍', '', 'two\nlines "quoted" \\', 'x'.repeat(100_000), '\u0004'];
const ENCODINGS = { '.png': 'image/png', '.jpg': 'image/jpeg', '.bmp': 'image/bmp', raw: 'application/x-cv-mat' };

const EXCHANGES = [
  { exchangeType: 'direct', routingKey: 'photos', bindingKey: 'photos', otherKey: 'others' },
  { exchangeType: 'fanout', routingKey: 'whatever', bindingKey: 'photos', otherKey: undefined },
  { exchangeType: 'topic', routingKey: 'lab.photos.7', bindingKey: 'lab.*.#', otherKey: 'photos.lab.7' },
];

interface Reference {
  readonly path: string;
  readonly rows: number;
  readonly cols: number;
  readonly sha256: string;
  readonly jpeg: { readonly sha256: string; readonly psnr: number };
}

/** The photos as OpenCV reads them. */
let references: readonly Reference[];

beforeAll(async () => {
  references = JSON.parse(await python('interop/opencv_reference.py', photos));
});

test('OpenCV reads the photos, and its JPEG loses little of them', () => {
  expect(references.map(({ path }) => path)).toEqual(photos);
  for (const { jpeg } of references) expect(jpeg.psnr).toBeGreaterThan(30);
});

describe.each(EXCHANGES)('on a $exchangeType exchange', ({ exchangeType, routingKey, bindingKey, otherKey }) => {
  describe.each(LANGUAGES)('from %s', (sender) => {
    const exchange = `interop-${exchangeType}-${sender}`;
    const common = ['--url', inject('brokerUrl'), '--exchange', exchange, '--exchange-type', exchangeType];
    let received: Received;

    /** What arrived between the first line, which says ready, and the last, which says the end. */
    const messages = (language: Language) => (received.get(language) ?? []).slice(1, -1);
    const images = (language: Language, encoding: string) =>
      messages(language).filter((line) => line.type === 'image' && line.encoding === encoding);

    beforeAll(async () => {
      // One run of the sender serves the receivers of all languages, each with a queue of its own.
      received = await receiveInEachLanguage([...common, '--routing-key', bindingKey], async () => {
        if (otherKey !== undefined) await sendElsewhere(exchange, exchangeType, otherKey);
        const texts = TEXTS.flatMap((text) => ['--text', text]);
        const pictures = Object.keys(ENCODINGS).flatMap((encoding) =>
          photos.flatMap((path) => ['--image', path, '--encoding', encoding]),
        );
        const name = `sender in ${sender}`;
        await publish(sender, [...common, '--name', name, '--routing-key', routingKey, ...texts, ...pictures, '--eot']);
      });
    });

    describe.each(LANGUAGES)('to %s', (receiver) => {
      test('the end of transmission ends the receiver with exit code 0, and a text of one byte 0x04 does not', () => {
        const lines = received.get(receiver);
        expect(lines?.at(0)).toEqual({ ready: true });
        expect(lines?.at(-1)).toEqual({ eot: true });
        expect(messages(receiver)).toContainEqual(expect.objectContaining({ type: 'text', text: '\u0004' }));
      });

      test('every message arrives once, in order, with its number and the name of its sender', () => {
        const lines = messages(receiver);
        expect(lines).toHaveLength(TEXTS.length + photos.length * Object.keys(ENCODINGS).length);
        const instance = lines[0]?.messageId?.replace(/-1$/, '');
        expect(instance).toMatch(/^[0-9a-f]{16}$/);
        expect(lines.map(({ messageId }) => messageId)).toEqual(lines.map((_, index) => `${instance}-${index + 1}`));
        expect(new Set(lines.map(({ appId }) => appId))).toEqual(new Set([`sender in ${sender}`]));
      });

      test('texts arrive as they were', () => {
        const lines = messages(receiver).slice(0, TEXTS.length);
        expect(lines.map(({ text }) => text)).toEqual(TEXTS);
        for (const line of lines)
          expect(line).toMatchObject({ type: 'text', contentType: 'text/plain; charset=utf-8' });
      });

      test.each(['.png', '.bmp', 'raw'] as const)('photos sent as %s have each pixel of the photo', (encoding) => {
        const expected = references.map(({ rows, cols, sha256 }) =>
          expect.objectContaining({ contentType: ENCODINGS[encoding], cvtype: 'CV_8UC3', rows, cols, sha256 }),
        );
        expect(images(receiver, encoding)).toEqual(expected);
      });

      test('photos sent as .jpg have the pixels that OpenCV makes of its own JPEG', () => {
        const expected = references.map(({ rows, cols, jpeg: { sha256 } }) =>
          expect.objectContaining({ contentType: 'image/jpeg', cvtype: 'CV_8UC3', rows, cols, sha256 }),
        );
        expect(images(receiver, '.jpg')).toEqual(expected);
      });
    });
  });
});

/** Sends what no receiver is bound for. */
async function sendElsewhere(exchange: string, exchangeType: string, routingKey: string): Promise<void> {
  const producer = await Producer.connect({ url: inject('brokerUrl'), exchange, exchangeType, routingKey });
  await producer.send('not for you');
  await producer.flushAndExit();
}
