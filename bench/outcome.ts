/** Holds results against the targets. */
import { MORE_IS_BETTER } from './case.js';
import type { Result } from './rounds.js';
import { TARGETS, type Target } from './targets.js';

const OWN = 'matmq';

export interface Verdict extends Target {
  readonly value: number;
  /** The same of `limit`. */
  readonly mostHere?: number;
  readonly reached: 'aim' | 'yes' | 'no';
}

/** The targets that something was measured for. */
export function judge(results: readonly Result[]): Verdict[] {
  return TARGETS.flatMap((target) => {
    const { contestants = [] } = results.find(({ id }) => id === target.case) ?? {};
    const figure = (name: string) => contestants.find((contestant) => contestant.name === name)?.median[target.metric];
    const own = figure(target.own ?? OWN);
    const other = target.against === undefined ? 1 : figure(target.against);
    if (own === undefined || other === undefined) return [];
    const compare = (value: number) => (target.by === 'difference' ? value - other : value / other);
    const value = compare(own);
    const limit = target.limit === undefined ? undefined : figure(target.limit);
    const mostHere = limit === undefined ? {} : { mostHere: compare(limit) };
    const meets = (bound: number) => (MORE_IS_BETTER.has(target.metric) ? value >= bound : value <= bound);
    return [
      { ...target, value, ...mostHere, reached: meets(target.aim) ? 'aim' : meets(target.required) ? 'yes' : 'no' },
    ];
  });
}

/** How many times better MatMQ is in the case's first metric. */
export function advantage({ contestants }: Result, name: string): number | undefined {
  const own = contestants.find((contestant) => contestant.name === OWN)?.median;
  const other = contestants.find((contestant) => contestant.name === name)?.median;
  for (const metric of ['mbPerSecond', 'seconds', 'tripP50'] as const) {
    const [a, b] = [own?.[metric], other?.[metric]];
    if (name !== OWN && a !== undefined && b !== undefined) return MORE_IS_BETTER.has(metric) ? a / b : b / a;
  }
  return undefined;
}
