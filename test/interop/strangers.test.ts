import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { LANGUAGES, type Language, type Line, python, Receiver } from './programs.js';

const EXCHANGE = 'interop-stranger';
const photo = fileURLToPath(new URL('../../examples/photos/coffee.png', import.meta.url));
const BODIES = [Buffer.from('plain words'), readFileSync(photo), Buffer.from([0xff, 0x04]), Buffer.from([0x04])];

describe('from a program that sets no properties', () => {
  const received = new Map<Language, readonly Line[]>();
  let sha256: string;

  beforeAll(async () => {
    const url = inject('brokerUrl');
    const args = ['--url', url, '--exchange', EXCHANGE, '--exchange-type', 'fanout'];
    const receivers = LANGUAGES.map((language) => new Receiver(language, args));
    try {
      [{ sha256 }] = JSON.parse(await python('reference.py', [photo]));
      await Promise.all(receivers.map(({ ready }) => ready));
      await python('stranger.py', [url, EXCHANGE], BODIES.map((body) => `${body.toString('base64')}\n`).join(''));
      for (const [index, { lines }] of receivers.entries()) {
        const language = LANGUAGES[index];
        if (language) received.set(language, await lines);
      }
    } finally {
      for (const receiver of receivers) receiver[Symbol.dispose]();
    }
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
