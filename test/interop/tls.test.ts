/** The example programs of all languages with each other, by TLS. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../tools/certificates.js';
import { type PrivateBroker, startPrivateBroker } from '../../tools/private-broker.js';
import { LANGUAGES, publish, Receiver } from './programs.js';

const PHOTO = fileURLToPath(new URL('../../examples/photos/coffee.png', import.meta.url));

let broker: PrivateBroker;
beforeAll(async () => {
  const authority = await Authority.make();
  const identity = await authority.sign({ name: 'broker', ip: ['127.0.0.1'] });
  broker = await startPrivateBroker({ tls: { ca: authority.cert, ...identity } });
});
afterAll(() => broker.stop());

describe.each(LANGUAGES)('by TLS, from %s', (sender) => {
  it('texts and images arrive in every language', async () => {
    const place = ['--exchange', `tls-${sender}`, '--exchange-type', 'fanout'];
    const common = ['--url', broker.tlsUrl, '--ca', broker.caFile, ...place];
    const receivers = LANGUAGES.map((language) => new Receiver(language, common));
    try {
      await Promise.all(receivers.map(({ ready }) => ready));
      await publish(sender, [...common, '--text', 'grüße', '--image', PHOTO, '--encoding', 'raw', '--eot']);
      for (const { lines } of receivers) {
        expect(await lines).toEqual([
          { ready: true },
          expect.objectContaining({ text: 'grüße' }),
          expect.objectContaining({ rows: 400, cols: 600, encoding: 'raw' }),
          { eot: true },
        ]);
      }
    } finally {
      for (const receiver of receivers) receiver[Symbol.dispose]();
    }
  });

  it('a broker whose authority is not trusted is refused', async () => {
    const strange = await Authority.make();
    const other = await startPrivateBroker({
      tls: { ca: strange.cert, ...(await strange.sign({ name: 'broker', ip: ['127.0.0.1'] })) },
    });
    try {
      const args = ['--url', other.tlsUrl, '--ca', broker.caFile, '--text', 'x'];
      await expect(publish(sender, args)).rejects.toThrow(/not trusted|certificate verify failed/);
    } finally {
      await other.stop();
    }
  });
});
