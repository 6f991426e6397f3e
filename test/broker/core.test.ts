// The tests of the C++ core, as CTest lists them: doctest programs, whose output is shown when one fails.
// `npm run test:sanitizers` names other presets than the usual one, in MATMQ_CORE_PRESETS.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrivateBroker } from '../../tools/private-broker.js';
import { startTlsBroker } from '../../tools/tls-broker.js';

const PRESETS = (process.env.MATMQ_CORE_PRESETS ?? 'core').split(',');
/** Under a sanitizer a test takes ten times as long. */
const TIMEOUT = process.env.MATMQ_CORE_PRESETS ? 3_600_000 : 120_000;

let broker: PrivateBroker | undefined;
beforeAll(async () => {
  ({ broker } = await startTlsBroker());
});
afterAll(() => broker?.stop());

async function ctest(preset: string, ...args: string[]): Promise<string> {
  const addresses = { AMQP_URL: broker?.url, AMQPS_URL: broker?.tlsUrl, MATMQ_CA: broker?.caFile };
  const options = { env: { ...process.env, ...addresses }, maxBuffer: 1 << 26 };
  return new Promise((resolve, reject) => {
    execFile('ctest', ['--preset', preset, ...args], options, (error, stdout, stderr) => {
      // What the tests printed is the reason; it ends with what failed, and may begin with megabytes of what passed.
      if (error) reject(new Error(`${error.message}\n${`${stdout}\n${stderr}`.slice(-20_000)}`));
      else resolve(stdout);
    });
  });
}

async function testsOf(preset: string): Promise<string[]> {
  const { tests }: { tests: { name: string }[] } = JSON.parse(await ctest(preset, '--show-only=json-v1'));
  return tests.map(({ name }) => name);
}

describe.each(PRESETS)('the C++ core (%s)', async (preset) => {
  const names = await testsOf(preset);

  it('is tested without a broker, with one, and with one by TLS', () => {
    expect(names).toEqual(['core', 'broker', 'broker-tls']);
  });

  it.each(names)('passes its tests %s', { timeout: TIMEOUT }, async (name) => {
    expect(await ctest(preset, '--verbose', '--tests-regex', `^${name}$`)).toMatch(/\b0 failed/);
  });
});
