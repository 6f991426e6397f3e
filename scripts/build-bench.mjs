// Builds the benchmark's own programs (bench/native) in build/bench.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeDir } from './node-headers.mjs';
import { entry, run } from './run.mjs';
import { whenChanged } from './stamp.mjs';

const INPUTS = [
  'bench/native',
  'native/core/src/amqp/wire.hpp',
  'native/core/src/unique_fd.hpp',
  'CMakeLists.txt',
  'CMakePresets.json',
  'scripts/build-bench.mjs',
];
const PROGRAMS = ['amqp-peer', 'raw-tcp', 'gather-publish', 'direct-consume', 'plain-rabbitmq-c', 'empty.node'];

/** Builds the programs, or does nothing when they are up to date. */
export function buildBench() {
  const headers = {
    NODE_INCLUDE_DIR: join(nodeDir(), 'include/node'),
    NODE_ADDON_API_DIR: dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json')),
  };
  const definitions = Object.entries(headers).map(([name, value]) => `-D${name}=${value}`);
  const outputs = PROGRAMS.map((name) => `build/bench/bench/native/${name}`);
  return whenChanged('bench', { inputs: INPUTS, outputs, extra: definitions }, () => {
    run('cmake', ['--preset', 'bench', '--log-level=WARNING', ...definitions]);
    run('cmake', ['--build', '--preset', 'bench']);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await entry(buildBench);
