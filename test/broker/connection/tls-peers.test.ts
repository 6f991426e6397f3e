/** Peers that are refused, and that nothing is sent to them before. */
import { inspect } from 'node:util';
import { ConnectionError, Consumer, Producer } from 'matmq';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Authority, type CertificateOptions, type Identity, selfSigned } from '../../../tools/certificates.js';
import { failure } from '../../support/clients.js';
import { closingPeer, silentPeer, TlsPeer } from '../../support/peers.js';

const HOUR = 3_600_000;
const SECRET = 's3cret';

let authority: Authority;
let otherAuthority: Authority;
beforeAll(async () => {
  [authority, otherAuthority] = await Promise.all([Authority.make(), Authority.make('Somebody else')]);
});

const here: CertificateOptions = { name: 'broker', dns: ['localhost'], ip: ['127.0.0.1'] };
const connectTo = (port: number, host = '127.0.0.1', tls: object = {}) =>
  Producer.connect({
    url: `amqps://user:${SECRET}@${host}:${port}/`,
    tls: { ca: Buffer.from(authority.cert), ...tls },
  });

async function peerWith({ cert, key }: Identity, versions: object = {}): Promise<TlsPeer> {
  return TlsPeer.listen({ cert, key, ...versions });
}

/** The others would receive it, too, if they were spoken to. */
it('a peer with the right certificate receives the AMQP header', async () => {
  const peer = await peerWith(await authority.sign(here));
  const connecting = connectTo(peer.port).catch((error: unknown) => error);
  await expect.poll(() => peer.received).toBe('AMQP\0\0\x09\x01');
  peer.end();
  expect(await connecting).toMatchObject({ code: 'CONNECT_FAILED' });
});

describe('nothing is sent to a peer whose certificate', () => {
  const wrong: [string, () => Promise<Identity>, string, RegExp][] = [
    ['is of another authority', () => otherAuthority.sign(here), '127.0.0.1', /Somebody else' is not trusted.*tls\.ca/],
    ['is self-signed', () => selfSigned(here), '127.0.0.1', /self-signed/],
    ['has expired', () => authority.sign({ ...here, until: -HOUR / 2 }), '127.0.0.1', /expired on \d{4}-/],
    ['is not valid yet', () => authority.sign({ ...here, from: HOUR }), '127.0.0.1', /valid only from \d{4}-/],
    [
      'is for another host',
      () => authority.sign({ name: 'localhost', dns: ['example.org', '*.example.net'] }),
      'localhost',
      /it is for 'example\.org', '\*\.example\.net' and not for 'localhost'/,
    ],
    [
      'has an address for its common name alone',
      () => authority.sign({ name: '127.0.0.1' }),
      '127.0.0.1',
      /no subject alternative name\) and not for 127\.0\.0\.1/,
    ],
    [
      'has an address among its DNS names alone',
      () => authority.sign({ name: '127.0.0.1', dns: ['127.0.0.1'] }),
      '127.0.0.1',
      /not for 127\.0\.0\.1/,
    ],
    ['has another address', () => authority.sign({ ...here, ip: ['127.0.0.2'] }), '127.0.0.1', /127\.0\.0\.2 and not/],
    ['has the host for its common name alone', () => authority.sign({ name: 'localhost' }), 'localhost', /not for/],
    ['is for clients', () => authority.sign({ ...here, usage: 'client' }), '127.0.0.1', /purpose/],
  ];
  it.each(wrong)('%s', async (_what, make, host, words) => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const peer = await peerWith(await make(), { maxVersion });
      const started = performance.now();
      const error = await failure(connectTo(peer.port, host), ConnectionError, 'CERTIFICATE_REFUSED', words);
      // Final at once: it is not tried again until connectTimeout.
      expect(performance.now() - started).toBeLessThan(9_000);
      expect(peer.received).toBe('');
      expect(inspect(error)).not.toContain(SECRET);
    }
  });

  it('is for the host and not for serverName', async () => {
    const peer = await peerWith(await authority.sign(here));
    const words = /not for 'example\.org'/;
    await failure(
      connectTo(peer.port, '127.0.0.1', { serverName: 'example.org' }),
      ConnectionError,
      'CERTIFICATE_REFUSED',
      words,
    );
    expect(peer.received).toBe('');
  });

  it('is trusted by nobody on this machine, by default', async () => {
    const peer = await peerWith(await authority.sign(here));
    const connecting = Consumer.connect({ url: `amqps://user:${SECRET}@127.0.0.1:${peer.port}` });
    await failure(connecting, ConnectionError, /^(CERTIFICATE_REFUSED|INVALID_TLS_OPTION)$/);
    expect(peer.received).toBe('');
  });
});

describe('nothing is sent to a peer that', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('speaks %s at most', async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const peer = await peerWith(await authority.sign(here), old);
    await failure(connectTo(peer.port), ConnectionError, 'TLS_FAILED', /version/i);
    expect(peer.received).toBe('');
  });

  it('speaks plain AMQP', async () => {
    const port = await closingPeer('AMQP\0\0\x09\x01');
    await failure(connectTo(port), ConnectionError, 'TLS_FAILED', /does not speak TLS.*5671/);
  });

  it('answers with garbage', async () => {
    for (const answer of ['x', 'HTTP/1.1 400 Bad Request\r\n\r\n', new Uint8Array(70_000).fill(0x16)]) {
      await failure(connectTo(await closingPeer(answer)), ConnectionError, /^(TLS_FAILED|CONNECT_FAILED)$/);
    }
  });

  it('closes in the handshake', async () => {
    const port = await closingPeer('');
    await failure(connectTo(port), ConnectionError, 'CONNECT_FAILED', /during the handshake.*5671/);
  });

  it('does not answer, for longer than connectTimeout', async () => {
    const url = `amqps://127.0.0.1:${await silentPeer()}`;
    await failure(Producer.connect({ url, connectTimeout: 100 }), ConnectionError, 'CONNECT_TIMEOUT', /TLS handshake/);
  });
});

it('a handshake that stands still ends at once when its signal is aborted', async () => {
  const url = `amqps://127.0.0.1:${await silentPeer()}`;
  const started = performance.now();
  const signal = AbortSignal.timeout(50);
  const error = await Producer.connect({ url, connectTimeout: 60_000, signal }).catch((reason: unknown) => reason);
  expect(error).toBe(signal.reason);
  expect(performance.now() - started).toBeLessThan(5_000);
});

it('insecureUnauthenticated works with any certificate, and emits a warning', async () => {
  const peer = await peerWith(await selfSigned({ name: 'anybody' }));
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    void connectTo(peer.port, '127.0.0.1', { insecureUnauthenticated: true }).catch(() => {});
    await expect.poll(() => peer.received).toMatch(/^AMQP/);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/not authenticated/),
      expect.objectContaining({ code: 'MATMQ_UNAUTHENTICATED' }),
    );
  } finally {
    warn.mockRestore();
  }
});
