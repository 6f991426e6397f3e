// `npm run bench`: makes everything ready that the benchmark needs, then runs it. Plain JavaScript, because it runs
// before anything is compiled or installed.
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from '../scripts/build-native.mjs';
import { entry, modified, packageFolder, root, run } from '../scripts/steps.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** The competitors have a lock of their own: nobody who uses MatMQ installs them. */
function installCompetitors() {
  if (modified(join(here, 'node_modules/.package-lock.json')) < modified(join(here, 'package-lock.json'))) {
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

await entry(import.meta.url, () => {
  installCompetitors();
  buildNative('bench');
  run(process.execPath, [join(packageFolder('typescript'), 'bin/tsc'), '-b', here]);
});
await import('../build/ts/bench/main.js');
