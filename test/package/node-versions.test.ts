// The built addon in other versions of Node, each with an OpenSSL of its own, which setup --tests fetches.
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { Authority } from '../../tools/certificates.js';
import type { PrivateBroker } from '../../tools/private-broker.js';
import { startTlsBroker } from '../../tools/tls-broker.js';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

// Plain JavaScript, because it runs before anything is compiled.
interface Nodes {
  readonly MAJORS: readonly number[];
  executableOf(major: number): string;
}
const script = '../../scripts/test-packages.mjs';
const { MAJORS, executableOf }: Nodes = await import(script);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let broker: PrivateBroker;
let authority: Authority;
beforeAll(async () => {
  ({ broker, authority } = await startTlsBroker());
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
  expect(await runFixture('package/fixtures/node-version.mjs', options, { node: executable })).toEqual(
    success({
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
    expect(
      await runFixture('support/fixtures/transfers.mjs', options, { nodeArguments: ['--expose-gc'], node: executable }),
    ).toEqual(success({ done: 20 }));
  },
);
