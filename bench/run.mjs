// `npm run bench`: makes everything ready that the benchmark needs, then runs it. Plain JavaScript, because it runs
// before anything is compiled or installed.
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBench } from '../scripts/build-bench.mjs';
import { entry, run } from '../scripts/run.mjs';
import { root } from '../scripts/stamp.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const modified = (path) => statSync(join(here, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The competitors have a lock of their own: nobody who uses MatMQ installs them. */
function installCompetitors() {
  if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here });
  }
  // The compiled benchmark lies in build/, from where they could not be found.
  const link = join(root, 'build/ts/bench/node_modules');
  mkdirSync(dirname(link), { recursive: true });
  try {
    symlinkSync(join(here, 'node_modules'), link);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

await entry(() => {
  installCompetitors();
  buildBench();
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  run(process.execPath, [tsc, '-b', here]);
});
await import('../build/ts/bench/main.js');
