// The built addon in other versions of Node, each with an OpenSSL of its own, which setup --tests fetches.
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { Authority } from '../../tools/certificates.js';
import { type PrivateBroker, startPrivateBroker } from '../../tools/private-broker.js';
import { unique } from '../support/clients.js';
import { run, well } from '../support/programs.js';

// Plain JavaScript, because it runs before anything is compiled.
interface Nodes {
  readonly MAJORS: readonly number[];
  executableOf(major: number): string;
}
const script = '../../scripts/fetch-nodes.mjs';
const { MAJORS, executableOf }: Nodes = await import(script);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let broker: PrivateBroker;
let authority: Authority;
beforeAll(async () => {
  authority = await Authority.make();
  const identity = await authority.sign({ name: 'broker', ip: ['127.0.0.1'] });
  broker = await startPrivateBroker({ tls: { ca: authority.cert, ...identity } });
});
afterAll(() => broker.stop());

const ours = Number(process.versions.node.split('.')[0]);
const versions: [major: number, executable: string][] = [
  [ours, process.execPath],
  ...MAJORS.filter((major) => major !== ours).map((major): [number, string] => [major, executableOf(major)]),
];

it.each(versions)('Node %i runs it, plain and by TLS, with GnuTLS for TLS alone', async (major, executable) => {
  const options = {
    plain: { url: inject('brokerUrl'), exchange: unique('exchange') },
    tls: { url: broker.tlsUrl, exchange: unique('exchange'), tls: { ca: authority.cert } },
    distrusted: { url: broker.tlsUrl, tls: { ca: (await Authority.make()).cert } },
  };
  const whole = { equal: [true, true], inOrder: 500 };
  expect(await run('node-version.mjs', options, [], executable)).toEqual(
    well({
      node: major,
      plain: whole,
      loadedByPlain: 0,
      tls: whole,
      loadedByTls: 1,
      refused: 'CERTIFICATE_REFUSED',
    }),
  );
});

it.each(versions)(
  'in Node %i memory that is transferred stays while native threads read it',
  async (_major, executable) => {
    const options = { url: inject('brokerUrl'), exchange: unique('exchange'), rounds: 4 };
    expect(await run('transfers.mjs', options, ['--expose-gc'], executable)).toEqual(well({ done: 20 }));
  },
);
