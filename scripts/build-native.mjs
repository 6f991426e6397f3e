// Builds the addon: build/Release/matmq.node, by CMake through cmake-js. Further arguments go to cmake-js.
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnv } from './node-headers.mjs';
import { entry, run } from './run.mjs';
import { root, whenChanged } from './stamp.mjs';

const require = createRequire(import.meta.url);
const OUT = 'build/Release';

/** What the native code is built from. */
export const NATIVE_INPUTS = [
  'native',
  'CMakeLists.txt',
  'CMakePresets.json',
  'package.json',
  'scripts/build-native.mjs',
];

/** Builds the addon, or does nothing when it is up to date. */
export function buildNative({ force = false, args = [] } = {}) {
  const env = buildEnv();
  // Resolved, not assumed to lie in our own node_modules: in a user's project they may be hoisted.
  const cmakeJs = join(dirname(require.resolve('cmake-js/package.json')), 'bin/cmake-js');
  const addonApi = dirname(require.resolve('node-addon-api/package.json'));
  const options = ['--CDMATMQ_ADDON=ON', `--CDNODE_ADDON_API_DIR=${addonApi}`, ...args];
  const step = () => {
    // -O keeps cmake's own files and the addon in one folder, away from the rest of build/.
    const common = [cmakeJs, '-O', join(root, OUT), '-G', 'Ninja', '-l', 'warn', ...options];
    // Only `configure` takes up changed options, and cmake refuses another generator or another place.
    const configured = whenChanged(
      'native-options',
      { inputs: [], outputs: [`${OUT}/CMakeCache.txt`], extra: common },
      () => {
        rmSync(join(root, OUT), { recursive: true, force: true });
        run(process.execPath, [common[0], 'configure', ...common.slice(1)], { env });
      },
    );
    // `build`, not `compile`: the latter wipes everything and builds a second time when a source file does not compile.
    run(process.execPath, [common[0], 'build', ...common.slice(1)], { env });
    if (!existsSync(join(root, OUT, 'matmq.node'))) throw new Error(`The build made no ${OUT}/matmq.node`);
    return configured;
  };
  const watched = { inputs: NATIVE_INPUTS, outputs: [`${OUT}/matmq.node`], extra: [options, env.npm_config_nodedir] };
  if (force) {
    step();
    return true;
  }
  return whenChanged('native', watched, step);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await entry(() => buildNative({ force: true, args: process.argv.slice(2) }));
}
