// Runs the long forms of the tests under faults, one after the other: they measure processor time and memory.
//   npm run test:faults                       all of them, some hours
//   npm run test:faults -- --only killed      those whose name begins so
//   npm run test:faults -- --seed 42          the random numbers of an earlier run
// Each prints its seed and its figures, and writes them to build/faults/<name>.json.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entry, root, run } from './steps.mjs';

const FOLDER = join(root, 'build/faults');

function reports(since) {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json') && !name.endsWith('.short.json'));
  return names.filter((name) => statSync(join(FOLDER, name)).mtimeMs >= since);
}

await entry(import.meta.url, () => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, seed: { type: 'string' } } });
  const { only = '', seed } = values;
  if (!/^[\w-]*$/.test(only)) throw new Error(`Expected the beginning of a name for --only but received '${only}'`);
  if (seed !== undefined && !/^\d+$/.test(seed)) {
    throw new Error(`Expected a whole number for --seed but received '${seed}'`);
  }
  const began = Date.now();
  const choice = only === '' ? [] : ['--testNamePattern', `^${only}`];
  const env = { ...process.env, MATMQ_FAULTS: 'long', ...(seed !== undefined && { MATMQ_FAULTS_SEED: seed }) };
  const args = ['vitest', 'run', '--project', 'faults', '--no-file-parallelism', ...choice];
  run('npx', args, { env });
  if (reports(began).length === 0) throw new Error(`No test under faults has a name that begins with '${only}'`);
});
