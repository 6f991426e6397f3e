// Compiles the TypeScript: lib/ to dist/, tools/ and examples/node/ to build/ts/. With --tests, checks test/ too.
// dist/ has one module, because Node needs longer to find thirty files than to run what is in them: `import 'matmq'`
// costs a fifth of what it does file by file.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entry, run } from './run.mjs';
import { whenChanged } from './stamp.mjs';

const PROJECTS = ['lib', 'tools', 'examples/node'];
const OUTPUTS = ['dist', 'build/ts/tools', 'build/ts/examples'];
/** The part of the benchmark that a test runs: it needs none of the clients that MatMQ is measured against. */
const BENCH = { project: 'bench/tsconfig.harness.json', output: 'build/ts/bench/harness' };
const CONFIGS = ['tsconfig.base.json', 'tsconfig.json', 'package-lock.json'];

function inPackage(name, path) {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path);
}

/** Runs tsc and the bundler, or does nothing when everything is compiled. Without `tests`, an error in a test does not stop the demo. */
export function buildTypeScript({ tests = false } = {}) {
  const projects = tests ? [...PROJECTS, BENCH.project, 'test'] : PROJECTS;
  const watched = {
    inputs: [...projects, ...CONFIGS, ...(tests ? ['bench/harness', 'bench/clients', 'vitest.config.ts'] : [])],
    outputs: tests ? [...OUTPUTS, BENCH.output] : OUTPUTS,
  };
  return whenChanged(tests ? 'typescript-tests' : 'typescript', watched, () => {
    run(process.execPath, [inPackage('typescript', 'bin/tsc'), '-b', ...projects]);
    const bundler = [inPackage('rolldown', 'bin/cli.mjs'), '-c', 'scripts/rolldown.config.mjs'];
    run(process.execPath, bundler, { stdio: ['ignore', 'ignore', 'inherit'] });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await entry(() => buildTypeScript({ tests: process.argv.includes('--tests') }));
}
