// Builds the C++ core's tests and examples, beside the addon: the presets of CMakePresets.json.
import { fileURLToPath } from 'node:url';
import { entry, run } from './run.mjs';
import { whenChanged } from './stamp.mjs';

const INPUTS = [
  'native',
  'test/core',
  'test/data/fuzz',
  'test/data/hostile',
  'test/data/vectors',
  'test/support/amqp_encoding.py',
  'test/support/image_files.py',
  'examples/cpp',
  'CMakeLists.txt',
  'CMakePresets.json',
  'package.json',
  'scripts/build-core.mjs',
];

/** Builds `preset` (core, asan, tsan) in build/<preset>, or does nothing when it is up to date. */
export function buildPreset(preset) {
  return whenChanged(`core-${preset}`, { inputs: INPUTS, outputs: [`build/${preset}/CMakeCache.txt`] }, () => {
    run('cmake', ['--preset', preset, '--log-level=WARNING']);
    run('cmake', ['--build', '--preset', preset]);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await entry(() => process.argv.slice(2).forEach(buildPreset));
}
