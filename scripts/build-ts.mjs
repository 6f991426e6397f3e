// Compiles the TypeScript: lib/ to dist/, tools/ and examples/node/ to build/ts/. With --tests, checks test/ too.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from './run.mjs';
import { whenChanged } from './stamp.mjs';

const PROJECTS = ['lib', 'tools', 'examples/node'];
const OUTPUTS = ['dist', 'build/ts/tools', 'build/ts/examples'];
/** The part of the benchmark that a test runs: it needs none of the clients that MatMQ is measured against. */
const BENCH = { project: 'bench/tsconfig.harness.json', output: 'build/ts/bench/harness' };
const CONFIGS = ['tsconfig.base.json', 'tsconfig.json', 'package-lock.json'];

/** Runs tsc, or does nothing when everything is compiled. Without `tests`, an error in a test does not stop the demo. */
export function buildTypeScript({ tests = false } = {}) {
  const projects = tests ? [...PROJECTS, BENCH.project, 'test'] : PROJECTS;
  const watched = {
    inputs: [...projects, ...CONFIGS, ...(tests ? ['bench/harness', 'bench/clients', 'vitest.config.ts'] : [])],
    outputs: tests ? [...OUTPUTS, BENCH.output] : OUTPUTS,
  };
  return whenChanged(tests ? 'typescript-tests' : 'typescript', watched, () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    run(process.execPath, [tsc, '-b', ...projects]);
  });
}
