/** What `import 'matmq'` costs a program, over the import of an addon that does nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Case, Sample } from '../case.js';
import type { Context } from '../context.js';
import { COMPILED } from '../harness/places.js';
import { median } from '../median.js';

const programs: Readonly<Record<string, string>> = {
  matmq: 'use-addon',
  'matmq, not used yet': 'import-only',
};
const EMPTY = 'empty-addon';

/** Milliseconds that a program takes from its start to its end. */
function run(program: string): number {
  const path = join(COMPILED, 'programs', `${program}.js`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [path], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} failed`);
  return performance.now() - start;
}

/** In pairs, because one start differs from the next by more than what is measured. */
function measure(program: string, pairs: number): Sample {
  run(program);
  return { milliseconds: median(Array.from({ length: pairs }, () => run(program) - run(EMPTY))) };
}

export function importCases({ effort }: Context): Case[] {
  return [
    {
      scenario: 'import',
      id: 'import',
      title: "import 'matmq', over an empty addon",
      contestants: Object.keys(programs),
      measure: async (contestant) => measure(programs[contestant] ?? contestant, effort.imports),
    },
  ];
}
