// Builds native code: the addon by cmake-js in build/addon, each preset of CMakePresets.json in build/<preset>. The
// addon comes to build/Release/matmq.node, where node-gyp would put it: binding.gyp runs this script.
//   node scripts/build-native.mjs                    the addon
//   node scripts/build-native.mjs core asan tsan     these presets
//   node scripts/build-native.mjs -DNAME=VALUE       what begins with a dash goes to CMake
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { entry, packageFolder, root, run, whenChanged } from './steps.mjs';

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

/** The benchmark has an addon of its own, which is empty; the core needs no headers of Node. */
function definitionsOf(preset) {
  if (preset !== 'bench') return [];
  return [
    `-DNODE_INCLUDE_DIR=${join(nodeDir(), 'include/node')}`,
    `-DNODE_ADDON_API_DIR=${packageFolder('node-addon-api')}`,
  ];
}

/** The addon, by cmake-js. Only `configure` takes up changed options, and CMake refuses a tree that was moved. */
function buildAddon(args) {
  const folder = join(root, 'build/addon');
  const definitions = {
    MATMQ_ADDON: 'ON',
    MATMQ_ADDON_OUTPUT: join(root, 'build/Release'),
    NODE_ADDON_API_DIR: packageFolder('node-addon-api'),
  };
  const options = [
    ...['-O', folder, '-G', 'Ninja', '-l', 'warn'],
    ...Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`),
    ...args.map((arg) => arg.replace(/^-D/, '--CD')),
  ];
  const cmakeJs = join(packageFolder('cmake-js'), 'bin/cmake-js');
  // With this set, it takes the headers that are installed, and downloads none.
  const env = { ...process.env, npm_config_nodedir: nodeDir() };
  const cmake = (command) => run(process.execPath, [cmakeJs, command, ...options], { env });
  whenChanged('addon-configured', { inputs: [], outputs: ['build/addon/CMakeCache.txt'], extra: options }, () => {
    rmSync(folder, { recursive: true, force: true });
    cmake('configure');
  });
  // `build`, not `compile`: the latter wipes everything and builds again when a source does not compile.
  cmake('build');
}

function buildPreset(preset, args) {
  const definitions = [...definitionsOf(preset), ...args];
  const cache = `build/${preset}/CMakeCache.txt`;
  const configuration = { inputs: ['CMakePresets.json'], outputs: [cache], extra: definitions };
  // --fresh, because CMake keeps what an earlier preset or argument said, and refuses a tree that was moved.
  whenChanged(`${preset}-configured`, configuration, () =>
    run('cmake', ['--fresh', '--preset', preset, '--log-level=WARNING', ...definitions]),
  );
  run('cmake', ['--build', '--preset', preset]);
}

/**
 * Builds the addon or a preset, or does nothing when it is up to date. With `force` CMake looks itself what is up to
 * date, at the system's headers and libraries, too. @returns {boolean} whether CMake was called
 */
export function buildNative(preset = 'addon', { force = false, args = [] } = {}) {
  const outputs = [`build/${preset}/CMakeCache.txt`, ...(OUTPUTS[preset] ?? [])];
  const inputs = [...ADDON_INPUTS, ...(MORE_INPUTS[preset] ?? ['test', 'examples/cpp'])];
  const extra = [nodeDir(), ...args];
  const step = () => (preset === 'addon' ? buildAddon(args) : buildPreset(preset, args));
  return whenChanged(preset, { inputs, outputs, extra, force }, step);
}

await entry(import.meta.url, () => {
  const args = process.argv.slice(2);
  const presets = args.filter((arg) => !arg.startsWith('-'));
  const definitions = args.filter((arg) => arg.startsWith('-'));
  for (const preset of presets.length > 0 ? presets : ['addon'])
    buildNative(preset, { force: true, args: definitions });
});
