/** MatMQ and a RabbitMQ that speaks TLS. */
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ConnectionError, CV_8UC3, Producer, type TlsOptions } from 'matmq';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Authority, type Identity } from '../../../tools/certificates.js';
import type { PrivateBroker } from '../../../tools/private-broker.js';
import { startTlsBroker } from '../../../tools/tls-broker.js';
import {
  failure,
  numbered,
  openConsumer,
  openPair,
  openProducer,
  ownQueue,
  receiveTexts,
  sendAll,
  unique,
} from '../../support/clients.js';
import { freeze } from '../../support/freeze.js';
import { expectSame, noise, regionOf } from '../../support/mats.js';
import { ownTlsBroker } from '../../support/own-broker.js';
import { type Manner, TcpProxy } from '../../support/tcp-proxy.js';

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let authority: Authority;
let server: Identity;
let client: Identity;
let broker: PrivateBroker;
let tls: TlsOptions;
beforeAll(async () => {
  ({ broker, authority, identity: server } = await startTlsBroker());
  client = await authority.sign({ name: 'camera', usage: 'client' });
  tls = { ca: authority.cert };
});
afterAll(() => broker.stop());

const open: typeof openPair = (common, own) => openPair({ url: broker.tlsUrl, tls, ...common }, own);

/** A proxy in front of the broker, which ends with the test. */
async function proxied(manner: Manner): Promise<TcpProxy> {
  const proxy = await TcpProxy.before(broker.tlsPort);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  proxy.manner = manner;
  return proxy;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'matmq-tls-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

describe('over TLS', () => {
  it('messages of all sizes arrive whole and in order', async () => {
    const { producer, consumer } = await open();
    const sizes = [0, 1, 16_384, 131_063, 131_064, 131_065, 262_128, 5_000_000, 2];
    for (const size of sizes) await producer.send(Buffer.alloc(size, `${size}-`));
    for (const size of sizes) {
      const { body } = await consumer.receive();
      expect(Buffer.compare(body, Buffer.alloc(size, `${size}-`))).toBe(0);
    }
    await producer.flush();
    await sendAll(producer, numbered(3_000));
    expect(await receiveTexts(consumer, 3_000)).toEqual(numbered(3_000));
  });

  it('4K matrices and regions pass both ways, while others come the other way', async () => {
    const there = await open();
    const back = await open();
    const large = noise(2160, 3840, CV_8UC3);
    const region = regionOf(noise, 300, 501, CV_8UC3);
    for (const { producer } of [there, back]) {
      await producer.sendImage(large, 'raw');
      await producer.sendImage(region, 'raw');
      await producer.sendImage(region, '.png');
    }
    for (const { producer, consumer } of [there, back]) {
      for (const sent of [large, region, region]) expectSame(await consumer.receiveImage(), sent);
      await producer.flush();
    }
  });

  it('a full inbox stops reading, and all comes in the end', async () => {
    const { producer, consumer } = await open(
      { ack: 'none', prefetch: 0 },
      { consumer: { highWaterMark: { messages: 2, bytes: 200_000 } } },
    );
    const bodies = numbered(300).map((text) => text + '.'.repeat(50_000));
    await sendAll(producer, bodies);
    expect(await receiveTexts(consumer, 300)).toEqual(bodies);
  });

  it('an octet at a time, all is the same', async () => {
    const proxy = await proxied({ kind: 'cut' });
    const { producer, consumer } = await open({ url: proxy.url(broker.tlsUrl) });
    const bodies = ['a', 'b'.repeat(20_000), 'c'];
    await sendAll(producer, bodies);
    expect(await receiveTexts(consumer, 3)).toEqual(bodies);
  });

  it('idle connections keep their heartbeats', async () => {
    const { producer, consumer } = await open({ heartbeat: 1_000 });
    const ends = [producer, consumer].map((end) => once(end, 'disconnected').then(() => 'lost'));
    const quiet = new Promise((resolve) => setTimeout(resolve, 3_500, 'still there'));
    expect(await Promise.race([...ends, quiet])).toBe('still there');
  });

  it('a record that takes longer than two heartbeats to come is no silence', async () => {
    const proxy = await proxied({ kind: 'trickle', bytesPerSecond: 2_500 });
    const exchange = unique('exchange');
    const consumer = await openConsumer({
      url: proxy.url(broker.tlsUrl),
      tls,
      exchange,
      heartbeat: 2_000,
      reconnect: false,
    });
    const producer = await openProducer({ url: broker.url, exchange });
    await sendAll(producer, ['x'.repeat(20_000)]);
    expect((await receiveTexts(consumer, 1))[0]).toHaveLength(20_000);
  });

  it('a list of URLs fails over', async () => {
    const producer = await openProducer({ url: ['amqps://127.0.0.1:1', broker.tlsUrl], tls });
    await (await producer.send('x')).confirmed;
  });

  it('a wrong password is refused, and appears nowhere', async () => {
    const url = broker.tlsUrl.replace('guest:guest', 'guest:s3cret');
    const error = await failure(Producer.connect({ url, tls }), ConnectionError, 'AUTHENTICATION_FAILED');
    expect(inspect(error)).not.toContain('s3cret');
  });

  it('the client properties tell the broker nothing secret', async () => {
    await openProducer({ url: broker.tlsUrl, tls: { ...tls, ...client, passphrase: 'unused-s3cret' } });
    const told = await broker.ctl('list_connections', 'ssl', 'client_properties');
    expect(told).toContain('true');
    expect(told).not.toMatch(/s3cret|PRIVATE KEY|guest/);
  });
});

describe('a frozen broker', () => {
  it('does not hold up exit() in either direction', async () => {
    const { broker: own } = await ownTlsBroker({ authority });
    const { producer, consumer } = await openPair({ url: own.tlsUrl, tls, heartbeat: 0 });
    await freeze(own);
    for (let i = 0; i < 4; i++) await producer.sendImage(noise(2160, 3840, CV_8UC3), 'raw');
    const started = performance.now();
    // Five seconds, and what a busy machine adds.
    await Promise.all([producer.exit(), consumer.exit()]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is noticed by its missing heartbeats', async () => {
    const proxy = await proxied({ kind: 'pass' });
    const producer = await openProducer({ url: proxy.url(broker.tlsUrl), tls, heartbeat: 1_000, reconnect: false });
    const closed = once(producer, 'close');
    proxy.manner = { kind: 'freeze' };
    const [info] = await closed;
    expect(info).toMatchObject({ code: 'HEARTBEAT_TIMEOUT' });
  });
});

describe('a broker that is restarted', () => {
  it('is connected to again, with certificates read anew; with those from before while there are none', async () => {
    const { broker: own } = await ownTlsBroker({ authority });
    const ca = join(await folder(), 'ca.pem');
    await writeFile(ca, authority.cert);
    const options = { url: own.tlsUrl, tls: { ca }, reconnect: { initialDelay: 20, maxDelay: 200 } };
    const queue = ownQueue();
    const { producer, consumer } = await openPair({ ...options, durable: true, persistent: true, queue });
    await sendAll(producer, ['before']);
    for (const contents of ['garbage', authority.cert]) {
      await writeFile(ca, contents);
      const connected = Promise.all([once(producer, 'connected'), once(consumer, 'connected')]);
      await own.kill();
      await producer.send(`while it was down, ${contents.length}`);
      await own.restart();
      await connected;
      await producer.flush();
    }
    const texts = new Set<string>();
    while (texts.size < 3) texts.add((await consumer.receive()).text());
    expect([...texts]).toEqual(['before', 'while it was down, 7', `while it was down, ${authority.cert.length}`]);
  });
});

describe('a broker that asks for a certificate', () => {
  let asking: PrivateBroker;
  let user: string;
  beforeAll(async () => {
    ({ broker: asking } = await startTlsBroker({
      authority,
      tls: { requireCertificate: true },
      plugins: ['rabbitmq_auth_mechanism_ssl'],
      config: 'auth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\nssl_cert_login_from = common_name',
    }));
    user = `amqps://127.0.0.1:${asking.tlsPort}`;
    await asking.ctl('add_user', 'camera', 'never-used');
    await asking.ctl('set_permissions', 'camera', '.*', '.*', '.*');
  });
  afterAll(() => asking.stop());

  it('lets in whom it names, by EXTERNAL', async () => {
    const { producer, consumer } = await openPair({ url: user, tls: { ...tls, ...client }, login: 'external' });
    await sendAll(producer, ['by certificate']);
    expect(await receiveTexts(consumer, 1)).toEqual(['by certificate']);
    const listed = await asking.ctl('list_connections', '--no-table-headers', 'user', 'auth_mechanism');
    expect(listed.trim().split('\n')).toEqual(['camera\tEXTERNAL', 'camera\tEXTERNAL']);
  });

  it('takes certificate and encrypted key from files', async () => {
    const place = await folder();
    const key = createPrivateKey(client.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 's3cret',
    });
    const files = { ca: authority.cert, cert: client.cert, key };
    for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
    const paths = { ca: join(place, 'ca'), cert: join(place, 'cert'), key: join(place, 'key') };
    const options = { url: user, login: 'external' } as const;
    const producer = await openProducer({ ...options, tls: { ...paths, passphrase: 's3cret' } });
    await (await producer.send('x')).confirmed;
    expect(inspect(producer, { depth: 9, showHidden: true })).not.toContain('s3cret');
    for (const passphrase of [undefined, 'wr0ng']) {
      const connecting = Producer.connect({ ...options, tls: { ...paths, passphrase } });
      const error = await failure(connecting, ConnectionError, 'INVALID_TLS_OPTION', 'tls.key', 'tls.passphrase');
      expect(inspect(error)).not.toMatch(/wr0ng|s3cret|PRIVATE/);
    }
  });

  it('lets in nobody without one', async () => {
    const url = asking.tlsUrl;
    await failure(Producer.connect({ url, tls }), ConnectionError, /^(TLS_FAILED|CONNECT_FAILED)$/, 'tls.cert');
  });

  it('lets in nobody with one of another authority', async () => {
    const other = await (await Authority.make()).sign({ name: 'camera', usage: 'client' });
    const options = { url: user, tls: { ...tls, ...other }, login: 'external' } as const;
    await failure(Producer.connect(options), ConnectionError, /^(TLS_FAILED|CONNECT_FAILED)$/);
  });

  it('lets in nobody whose name it does not know', async () => {
    const unknown = await authority.sign({ name: 'nobody', usage: 'client' });
    const options = { url: user, tls: { ...tls, ...unknown }, login: 'external' } as const;
    await failure(Producer.connect(options), ConnectionError, 'AUTHENTICATION_FAILED', "certificate's name");
  });
});

it('EXTERNAL is not offered by a broker without the plugin', async () => {
  const options = { url: broker.tlsUrl, tls: { ...tls, ...client }, login: 'external' } as const;
  await failure(Producer.connect(options), ConnectionError, 'AUTHENTICATION_FAILED', 'rabbitmq_auth_mechanism_ssl');
});

describe('files and texts that cannot be used are refused by the name of their option', () => {
  /** What stands between the marks, in one line. */
  const octetsOf = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, '');
  const cases: [string, () => TlsOptions | Promise<TlsOptions>, RegExp][] = [
    ['a missing file', () => ({ ca: '/nonexistent/ca.pem' }), /tls\.ca but '\/nonexistent\/ca\.pem'.*No such file/],
    ['a folder', () => ({ ca: '/tmp' }), /tls\.ca but '\/tmp' is no regular file/],
    ['a device', () => ({ ca: '/dev/zero' }), /tls\.ca.*no regular file/],
    ['no PEM', () => ({ ca: Buffer.from('hunter2') }), /PEM text.*tls\.ca/],
    ['a damaged certificate', () => ({ ca: authority.cert.replaceAll(/[A-Z]{3}/g, 'AAA') }), /tls\.ca/],
    ['a key for a certificate', () => ({ ca: client.key }), /tls\.ca/],
    ['a key of another certificate', () => ({ ...client, key: server.key }), /tls\.key.*another one/],
    ['a key without its marks, in one line', () => ({ ...client, key: octetsOf(client.key) }), /tls\.key.*not shown/],
    ['a long key without its marks', () => ({ ca: octetsOf(client.key).repeat(40) }), /tls\.ca.*not shown/],
    ['no marks in several lines', () => ({ ...client, key: `MII\n${octetsOf(client.key)}\n` }), /PEM text.*tls\.key/],
    ['a certificate for a key', () => ({ cert: client.cert, key: client.cert }), /tls\.key/],
    ['a key for a client certificate', () => ({ cert: client.key, key: client.key }), /tls\.cert/],
  ];
  it.each(cases)('%s', async (_what, make, words) => {
    const options = await make();
    const connecting = Producer.connect({ url: broker.tlsUrl, tls: { ...tls, ...options } });
    const error = await failure(connecting, ConnectionError, 'INVALID_TLS_OPTION', words);
    expect(error.message).not.toMatch(/hunter2|MII/);
    expect(error.message).not.toContain(octetsOf(client.key).slice(-40));
  });
});
