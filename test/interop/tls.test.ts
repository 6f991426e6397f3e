/** The example programs of all languages with each other, by TLS; and the Python ones logging in by certificate. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PrivateBroker } from '../../tools/private-broker.js';
import { startTlsBroker } from '../../tools/tls-broker.js';
import { ownTlsBroker } from '../support/own-broker.js';
import { LANGUAGES, publish, Receiver, receiveInEachLanguage } from './examples.js';

const PHOTO = fileURLToPath(new URL('../../examples/photos/coffee.png', import.meta.url));

let broker: PrivateBroker;
/** Of another authority. */
let other: PrivateBroker;
beforeAll(async () => {
  [broker, other] = (await Promise.all([startTlsBroker(), startTlsBroker()])).map((made) => made.broker) as [
    PrivateBroker,
    PrivateBroker,
  ];
});
afterAll(() => Promise.all([broker.stop(), other.stop()]));

describe.each(LANGUAGES)('by TLS, from %s', (sender) => {
  it('texts and images arrive in every language', async () => {
    const place = ['--exchange', `tls-${sender}`, '--exchange-type', 'fanout'];
    const common = ['--url', broker.tlsUrl, '--ca', broker.caFile, ...place];
    const messages = ['--text', 'grüße', '--image', PHOTO, '--encoding', 'raw', '--eot'];
    const received = await receiveInEachLanguage(common, () => publish(sender, [...common, ...messages]));
    for (const lines of received.values()) {
      expect(lines).toEqual([
        { ready: true },
        expect.objectContaining({ text: 'grüße' }),
        expect.objectContaining({ rows: 400, cols: 600, encoding: 'raw' }),
        { eot: true },
      ]);
    }
  });

  it('a broker whose authority is not trusted is refused', async () => {
    const args = ['--url', other.tlsUrl, '--ca', broker.caFile, '--text', 'x'];
    await expect(publish(sender, args)).rejects.toThrow(/not trusted|certificate verify failed/);
  });
});

it('Python logs in by its certificate, and is refused with one that names no user', async () => {
  const { broker: asking, authority } = await ownTlsBroker({
    tls: { requireCertificate: true },
    plugins: ['rabbitmq_auth_mechanism_ssl'],
    config: 'auth_mechanisms.1 = EXTERNAL\nssl_cert_login_from = common_name',
  });
  await asking.ctl('add_user', 'camera', 'never-used');
  await asking.ctl('set_permissions', 'camera', '.*', '.*', '.*');
  const identified = async (name: string) => {
    const { cert, key } = await authority.sign({ name, usage: 'client' });
    const files = { cert: join(asking.folder, `${name}.cert`), key: join(asking.folder, `${name}.key`) };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    const url = `amqps://127.0.0.1:${asking.tlsPort}/`;
    return ['--url', url, '--ca', asking.caFile, '--cert', files.cert, '--key', files.key];
  };

  const camera = await identified('camera');
  const receiver = new Receiver('Python', camera);
  onTestFinished(() => receiver[Symbol.dispose]());
  await receiver.ready;
  const listed = await asking.ctl('list_connections', '--no-table-headers', 'user', 'auth_mechanism');
  expect(listed.trim()).toBe('camera\tEXTERNAL');
  await publish('Python', [...camera, '--text', 'by certificate', '--eot']);
  expect(await receiver.lines).toEqual([
    { ready: true },
    expect.objectContaining({ text: 'by certificate' }),
    { eot: true },
  ]);

  await expect(publish('Python', [...(await identified('nobody')), '--text', 'x'])).rejects.toThrow(
    /ConnectionFailed: .*mechanism EXTERNAL.*that the certificate names a user/,
  );
}, 120_000); // a broker and four rabbitmqctl, on a machine that may be busy
