// Builds what the tests need of the C++ core beside the addon: its tests and the C++ examples, in build/core.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entry, run } from './run.mjs';
import { root, whenChanged } from './stamp.mjs';

const OUT = 'build/core';
const PARTS = [
  ['test/core', '-DMATMQ_TESTS=ON'],
  ['examples/cpp', '-DMATMQ_EXAMPLES=ON'],
];

/** Builds the core's tests and examples, or does nothing when they are up to date. */
export function buildCore() {
  const options = PARTS.filter(([path]) => existsSync(join(root, path, 'CMakeLists.txt'))).map(([, option]) => option);
  const inputs = ['native', 'CMakeLists.txt', 'package.json', 'scripts/build-core.mjs', ...PARTS.map(([path]) => path)];
  return whenChanged('core', { inputs, outputs: [`${OUT}/CMakeCache.txt`], extra: options }, () => {
    run('cmake', [
      '-S',
      '.',
      '-B',
      OUT,
      '-G',
      'Ninja',
      '-DCMAKE_BUILD_TYPE=Release',
      '--log-level=WARNING',
      ...options,
    ]);
    run('cmake', ['--build', OUT]);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await entry(() => buildCore());
