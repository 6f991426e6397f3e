import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { run } from '../support/child-program.js';
import { fault } from './support/fault.js';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const VALGRIND = [
  '--quiet',
  '--error-exitcode=9',
  '--leak-check=full',
  '--errors-for-leak-kinds=definite,possible',
  '--num-callers=30',
  // Threads wait for each other in turn, and none for a lock that another gives back and takes at once.
  '--fair-sched=yes',
  `--suppressions=${pathOf('test/core/valgrind.supp')}`,
];

/** Runs a program of the core's tests under memcheck; it must say nothing. Returns the number of test cases. */
async function memcheck(program: string, filters: readonly string[]): Promise<number> {
  const path = pathOf(`build/core/test/core/${program}`);
  const env = { AMQP_URL: inject('brokerUrl'), JSIMD_FORCENONE: '1', MATMQ_TEST_INSTRUMENTED: '1' };
  const { code, stdout, stderr } = await run(['valgrind', ...VALGRIND, path, ...filters], { env });
  // Codecs warn there, too.
  expect(stderr.split('\n').filter((line) => line.startsWith('=='))).toEqual([]);
  const [, cases] = /test cases:\s+\d+ \|\s+(\d+) passed \|\s+0 failed/.exec(stdout) ?? [];
  if (code !== 0 || cases === undefined) expect.fail(stdout.slice(-2000));
  return Number(cases);
}

fault({
  name: 'valgrind',
  holds: "Valgrind's memcheck reports nothing, no error and no leak, in the tests of the core",
  short: { filters: ['--source-file=*/amqp/*,*/base/*,*/message/*,*/queue/*,*/client/*'], broker: false },
  long: { filters: [], broker: true },
  timeout: { short: 300, long: 7200 },
  async run({ size: { filters, broker }, step }) {
    step('core-tests');
    const cases = await memcheck('core-tests', filters);
    step('broker-tests');
    const withBroker = broker ? await memcheck('broker-tests', []) : 0;
    return { 'test cases': cases, 'with a broker': withBroker, reports: 0 };
  },
});
