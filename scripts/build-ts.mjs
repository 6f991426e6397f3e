// Compiles the TypeScript: lib/ to dist/, tools/ and examples/node/ to build/ts/. With --tests, checks test/ too.
// dist/ has one module, because Node needs longer to find thirty files than to run what is in them: `import 'matmq'`
// costs a fifth of what it does file by file.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { entry, packageFolder, root, run, whenChanged } from './steps.mjs';

const PROJECTS = ['lib', 'tools', 'examples/node'];
const OUTPUTS = ['dist', 'build/ts/tools', 'build/ts/examples'];
/** The part of the benchmark that a test runs: it needs none of the clients that MatMQ is measured against. */
const BENCH = { project: 'bench/tsconfig.harness.json', output: 'build/ts/bench/harness' };
const CONFIGS = ['tsconfig.base.json', 'tsconfig.json', 'package-lock.json', 'scripts/build-ts.mjs'];
/** lib/ to the one module of dist/; tsc writes its declarations beside it. */
const BUNDLE = ['lib/index.ts', '--file=dist/index.js', '--format=esm', '--sourcemap', '--platform=node'];

/**
 * Runs tsc and the bundler, or does nothing when everything is compiled. Without `tests`, an error in a test does not
 * stop the demo. @returns {boolean} whether they ran
 */
export function buildTypeScript({ tests = false } = {}) {
  const projects = tests ? [...PROJECTS, BENCH.project, 'test'] : PROJECTS;
  const watched = {
    inputs: [...projects, ...CONFIGS, ...(tests ? ['bench/harness', 'bench/clients', 'vitest.config.ts'] : [])],
    outputs: tests ? [...OUTPUTS, BENCH.output] : OUTPUTS,
  };
  return whenChanged(tests ? 'typescript-tests' : 'typescript', watched, () => {
    run(process.execPath, [join(packageFolder('typescript'), 'bin/tsc'), '-b', ...projects]);
    removeStaleDeclarations();
    const rolldown = join(packageFolder('rolldown'), 'bin/cli.mjs');
    run(process.execPath, [rolldown, ...BUNDLE, '--transform.target=node20'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
}

/** tsc leaves the declarations of sources that are gone, and the package would have them. */
function removeStaleDeclarations() {
  for (const name of readdirSync(join(root, 'dist'), { recursive: true })) {
    if (!name.endsWith('.d.ts') || existsSync(join(root, 'lib', name.replace(/\.d\.ts$/, '.ts')))) continue;
    rmSync(join(root, 'dist', name));
  }
}

await entry(import.meta.url, () => buildTypeScript({ tests: process.argv.includes('--tests') }));
