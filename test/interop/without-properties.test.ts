import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { python } from '../support/python.js';
import { LANGUAGES, type Received, receiveInEachLanguage } from './examples.js';

const EXCHANGE = 'interop-without-properties';
const photo = fileURLToPath(new URL('../../examples/photos/coffee.png', import.meta.url));
const BODIES = [Buffer.from('plain words'), readFileSync(photo), Buffer.from([0xff, 0x04]), Buffer.from([0x04])];

describe('from a program that sets no properties', () => {
  let received: Received;
  let sha256: string;

  beforeAll(async () => {
    const url = inject('brokerUrl');
    const args = ['--url', url, '--exchange', EXCHANGE, '--exchange-type', 'fanout'];
    [{ sha256 }] = JSON.parse(await python('interop/opencv_reference.py', [photo]));
    const bodies = BODIES.map((body) => `${body.toString('base64')}\n`).join('');
    received = await receiveInEachLanguage(args, () => python('interop/send_bare_bodies.py', [url, EXCHANGE], bodies));
  });

  describe.each(LANGUAGES)('to %s', (receiver) => {
    const line = (index: number) => received.get(receiver)?.at(index);

    test('a bare byte 0x04 is the end of transmission, two bytes that end with it are not', () => {
      expect(received.get(receiver)).toHaveLength(BODIES.length + 1);
      expect(line(3)).toMatchObject({ type: 'binary' });
      expect(line(4)).toEqual({ eot: true });
    });

    test('a PNG file is received as the image it is', () => {
      expect(line(2)).toMatchObject({ type: 'image', encoding: '.png', rows: 400, cols: 600, sha256 });
    });

    test('UTF-8 is received as text, and nothing is said of the sender', () => {
      const nobody = { contentType: null, messageId: null, appId: null };
      expect(line(1)).toEqual({ type: 'text', text: 'plain words', ...nobody });
    });
  });
});
