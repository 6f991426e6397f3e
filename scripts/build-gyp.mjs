// Builds the addon through binding.gyp: .cache/gyp/build/Release/matmq.node. In a copy of what it needs, because
// node-gyp takes build/ for itself and would wipe the other builds there.
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnv } from './node-headers.mjs';
import { entry, run } from './run.mjs';
import { root, whenChanged } from './stamp.mjs';

const COPY = '.cache/gyp';
const INPUTS = ['binding.gyp', 'native', 'package.json'];

/** The addon that node-gyp makes. */
export const GYP_ADDON = `${COPY}/build/Release/matmq.node`;

/** Builds it, or does nothing when it is up to date. */
export function buildWithGyp() {
  const watched = { inputs: [...INPUTS, 'scripts/build-gyp.mjs'], outputs: [GYP_ADDON] };
  return whenChanged('gyp', watched, () => {
    const copy = join(root, COPY);
    mkdirSync(copy, { recursive: true });
    for (const input of INPUTS)
      cpSync(join(root, input), join(copy, input), { recursive: true, preserveTimestamps: true });
    if (!existsSync(join(copy, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const nodeGyp = join(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')), 'bin/node-gyp.js');
    const env = buildEnv();
    const jobs = ['--jobs', String(availableParallelism())];
    // Found where the headers are, node-gyp downloads nothing.
    run(process.execPath, [nodeGyp, 'rebuild', '--silent', `--nodedir=${env.npm_config_nodedir}`, ...jobs], {
      cwd: copy,
      env,
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await entry(() => buildWithGyp());
