/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Case } from './case.js';
import { BASELINE, setBaseline } from './contestants.js';
import { type Effort, SIZES } from './sizes.js';

export const USAGE = `npm run bench -- [options]

  --quick            one round and a fifth of the messages: to see that everything works, in a few minutes
  --rounds N         instead of 5
  --only PREFIX      of the names of cases: publish/plain, consume, end-to-end, round-trip, tls, jpeg, event-loop,
                     import, memory; repeatable
  --size SIZE        ${SIZES.map(({ name }) => name).join(', ')}; repeatable
  --clients A,B      only these contestants
  --baseline FOLDER  measure MatMQ of another checkout, whose addon and dist/ are built, in turn with this one
  --long             stream 10,000 pictures to see whether the memory stays as it is, instead of 400
  --list             say what there is to measure

A whole run writes bench/results/latest.json, docs/performance.md and docs/images/performance.svg; any other writes the
same into build/bench/report.`;

const FULL: Effort = { rounds: 5, scale: 1, frames: 400, imports: 20 };
const QUICK: Effort = { rounds: 1, scale: 0.2, frames: 60, imports: 5 };
const LONG = 10_000;
/** What MatMQ is measured in by programs that have its name in them. */
const WITHOUT_BASELINE = 'import';

export interface CommandLine {
  readonly help: boolean;
  readonly list: boolean;
  readonly effort: Effort;
  /** Nothing is left out, and nothing is hurried. */
  readonly whole: boolean;
  /** The case with the contestants that were asked for; nothing when there are none. */
  choose(one: Case): Case | undefined;
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds expects a number from 1, not ${text}`);
  return rounds;
}

export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true },
      size: { type: 'string', multiple: true },
      clients: { type: 'string' },
      baseline: { type: 'string' },
      long: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, only, size, long, list, help, baseline } = values;
  if (baseline !== undefined) setBaseline(baseline);
  const clients = values.clients?.split(',');
  const basis = quick ? QUICK : FULL;
  const effort = {
    ...basis,
    ...(values.rounds !== undefined && { rounds: readRounds(values.rounds) }),
    ...(long && { frames: LONG }),
  };
  return {
    help,
    list,
    effort,
    whole: !quick && [only, size, clients, baseline].every((filter) => filter === undefined),
    choose(one) {
      if (only !== undefined && !only.some((prefix) => one.id.startsWith(prefix))) return undefined;
      if (size !== undefined && (one.size === undefined || !size.includes(one.size))) return undefined;
      const contestants = one.contestants.filter((name) => clients === undefined || clients.includes(name));
      if (baseline !== undefined && one.scenario !== WITHOUT_BASELINE && contestants.includes('matmq'))
        contestants.push(BASELINE);
      return contestants.length === 0 ? undefined : { ...one, contestants };
    },
  };
}
