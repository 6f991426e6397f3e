// Builds native code, each preset of CMakePresets.json in build/<preset>. The addon comes to build/Release/matmq.node,
// where node-gyp would put it: binding.gyp runs this script.
//   node scripts/build-native.mjs                    the addon
//   node scripts/build-native.mjs core asan tsan     these presets
//   node scripts/build-native.mjs -DNAME=VALUE       what begins with a dash goes to CMake
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { entry, packageFolder, run, whenChanged } from './steps.mjs';

/** What the addon is built from; the other presets take more. */
const ADDON_INPUTS = ['native', 'CMakeLists.txt', 'CMakePresets.json', 'package.json', 'scripts/build-native.mjs'];
const MORE_INPUTS = { addon: [], bench: ['bench/native'] };
const OUTPUTS = { addon: ['build/Release/matmq.node'] };

/**
 * The folder that holds `include/node/node_api.h`: beside the running node, or else what `npm_config_nodedir` names.
 * The headers are never downloaded: every official build of Node brings them.
 */
export function nodeDir(execPath = process.execPath, env = process.env) {
  const tried = [dirname(dirname(realpathSync(execPath))), dirname(dirname(execPath)), env.npm_config_nodedir];
  const found = tried.find((dir) => dir && existsSync(join(dir, 'include/node/node_api.h')));
  if (found) return found;
  throw new Error(
    `The headers of Node ${process.version} are not installed: there is no include/node/node_api.h in any of\n` +
      [...new Set(tried.filter(Boolean))].map((dir) => `  ${dir}\n`).join('') +
      'Mend it in one of these ways:\n' +
      '  - Node from a distribution: install its headers (Debian and Ubuntu: libnode-dev, Fedora: nodejs-devel)\n' +
      '  - use a Node that brings them: nodejs.org, NodeSource, nvm, fnm, Homebrew\n' +
      '  - name the folder that has include/node in it: npm_config_nodedir=/path npm run build\n',
  );
}

/** Where the addon's headers are; the core needs none of them. */
function definitionsOf(preset) {
  if (preset !== 'addon' && preset !== 'bench') return [];
  return [
    `-DNODE_INCLUDE_DIR=${join(nodeDir(), 'include/node')}`,
    `-DNODE_ADDON_API_DIR=${packageFolder('node-addon-api')}`,
  ];
}

/**
 * Builds a preset, or does nothing when it is up to date. With `force` CMake looks itself what is up to date, at the
 * system's headers and libraries, too. @returns {boolean} whether CMake was called
 */
export function buildNative(preset = 'addon', { force = false, args = [] } = {}) {
  const definitions = [...definitionsOf(preset), ...args];
  const cache = `build/${preset}/CMakeCache.txt`;
  const outputs = [cache, ...(OUTPUTS[preset] ?? [])];
  const step = () => {
    const configuration = { inputs: ['CMakePresets.json'], outputs: [cache], extra: definitions };
    // --fresh, because CMake keeps what an earlier preset or argument said, and refuses a tree that was moved.
    whenChanged(`${preset}-configured`, configuration, () =>
      run('cmake', ['--fresh', '--preset', preset, '--log-level=WARNING', ...definitions]),
    );
    run('cmake', ['--build', '--preset', preset]);
  };
  const inputs = [...ADDON_INPUTS, ...(MORE_INPUTS[preset] ?? ['test', 'examples/cpp'])];
  return whenChanged(preset, { inputs, outputs, extra: definitions, force }, step);
}

await entry(import.meta.url, () => {
  const args = process.argv.slice(2);
  const presets = args.filter((arg) => !arg.startsWith('-'));
  const definitions = args.filter((arg) => arg.startsWith('-'));
  for (const preset of presets.length > 0 ? presets : ['addon'])
    buildNative(preset, { force: true, args: definitions });
});
