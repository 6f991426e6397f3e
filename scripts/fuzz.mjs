// Runs the fuzz targets of test/data/fuzz one after the other, each from its seeds and what it has learnt before.
//   npm run fuzz -- --seconds 60 [--target png]...
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative } from './build-native.mjs';
import { entry, root } from './steps.mjs';
import { BUILD, ensurePackages, FUZZ } from './system-packages.mjs';

const USAGE = `npm run fuzz -- [options]

  --seconds N      for each target; 60 unless said otherwise
  --target NAME    only this one; repeatable
  --list           say what there is to fuzz
  --no-build       with what was built last

What a target learns stays in .cache/fuzz/<target>. What it finds goes to test/data/fuzz/regressions/<target>, from
where the core's tests replay it: mend it, and commit both.`;

const FOLDER = join(root, 'test/data/fuzz');
const MEMORY_MIB = 1024;
/** By the clock on the wall: a busy machine lets a process wait for many seconds. */
const SLOWEST_SECONDS = 60;
const LONGEST_INPUT = 65_536;

function readCommandLine() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      target: { type: 'string', multiple: true },
      list: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const all = readdirSync(join(FOLDER, 'seeds')).sort();
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 1) {
    throw new Error(`Expected a number of seconds from 1 for --seconds but received ${values.seconds}`);
  }
  for (const name of values.target ?? []) {
    if (!all.includes(name)) throw new Error(`Expected one of ${all.join(', ')} for --target but received ${name}`);
  }
  return { all, seconds, targets: values.target ?? all, build: !values['no-build'], ...values };
}

/** What libFuzzer says at its end. */
function figuresOf(output) {
  const coverage = [...output.matchAll(/cov: (\d+) ft: (\d+) corp: (\d+)/g)].at(-1);
  return {
    executions: Number(/stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0),
    memoryMiB: Number(/stat::peak_rss_mb:\s*(\d+)/.exec(output)?.[1] ?? 0),
    edges: Number(coverage?.[1] ?? 0),
    inputs: Number(coverage?.[3] ?? 0),
  };
}

/** Runs one target; true when it found nothing. */
function fuzz(target, seconds) {
  const learnt = join(root, '.cache/fuzz', target);
  const found = join(FOLDER, 'regressions', target);
  mkdirSync(learnt, { recursive: true });
  mkdirSync(found, { recursive: true });
  const log = join(root, '.cache/fuzz', `${target}.log`);
  const corpora = [learnt, join(FOLDER, 'seeds', target), found];
  const options = [
    `-max_total_time=${seconds}`,
    `-rss_limit_mb=${MEMORY_MIB}`,
    `-timeout=${SLOWEST_SECONDS}`,
    `-report_slow_units=${SLOWEST_SECONDS}`,
    `-max_len=${LONGEST_INPUT}`,
    `-artifact_prefix=${found}/`,
    '-print_final_stats=1',
  ];
  const start = performance.now();
  const { status, stderr } = spawnSync(join(root, 'build/fuzz/test/data/fuzz/fuzz'), [...options, ...corpora], {
    env: { ...process.env, MATMQ_FUZZ_TARGET: target },
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  writeFileSync(log, stderr ?? '');
  const { executions, edges, inputs, memoryMiB } = figuresOf(stderr ?? '');
  const took = Math.round((performance.now() - start) / 1000);
  const verdict = status === 0 ? 'nothing found' : `FOUND SOMETHING, see ${log} and ${found}`;
  console.log(
    `${target.padEnd(12)} ${took} s, ${executions} executions, ${edges} edges, ${inputs} inputs, ` +
      `${memoryMiB} MiB: ${verdict}`,
  );
  return status === 0;
}

await entry(import.meta.url, () => {
  const { all, seconds, targets, build, list, help } = readCommandLine();
  if (help) return console.log(USAGE);
  if (list) return console.log(all.join('\n'));
  if (build) {
    ensurePackages([...BUILD, ...FUZZ]);
    buildNative('fuzz');
  }
  const failed = targets.filter((target) => !fuzz(target, seconds));
  if (failed.length > 0) throw new Error(`Something was found by: ${failed.join(', ')}`);
});
