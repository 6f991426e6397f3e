import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SlowestReporter } from './test/support/slowest-reporter.js';

/** Kinds of tests; those with a broker share one private RabbitMQ for the whole run. */
const KINDS = [
  { name: 'lib', broker: false },
  { name: 'broker', broker: true },
  { name: 'interop', broker: true },
  { name: 'process', broker: true },
  { name: 'faults', broker: true },
  { name: 'package', broker: true },
];

export default defineConfig({
  test: {
    projects: KINDS.map(({ name, broker }) => ({
      // The package under its own name, as its users write it; from the sources, so that nothing stale is tested.
      resolve: { alias: { matmq: fileURLToPath(new URL('./lib/index.ts', import.meta.url)) } },
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        globalSetup: broker ? ['test/support/broker.ts'] : [],
        // Child processes, because the tests load native code: a crash takes down one file, not the run.
        pool: 'forks',
        testTimeout: 30_000,
        hookTimeout: 60_000,
        // What a test waits for comes, however busy the machine: only what never comes is to fail.
        expect: { poll: { timeout: 20_000 } },
      },
    })),
    // Ours first: vitest's own closing lines are the last.
    reporters: [new SlowestReporter(), 'default'],
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
