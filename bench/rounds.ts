/** Runs a case in rounds and takes medians. */
import type { Case, Metric, Sample } from './case.js';
import { median } from './median.js';

export interface Contestant {
  readonly name: string;
  readonly median: Sample;
  readonly samples: readonly Sample[];
}

export interface Result {
  readonly scenario: string;
  readonly id: string;
  readonly title: string;
  readonly size?: string;
  readonly contestants: readonly Contestant[];
}

function medians(samples: readonly Sample[]): Sample {
  const metrics = new Set(samples.flatMap((sample) => Object.keys(sample) as Metric[]));
  const values = (metric: Metric) => samples.flatMap((sample) => sample[metric] ?? []);
  return Object.fromEntries([...metrics].map((metric) => [metric, median(values(metric))]));
}

/**
 * Measures every contestant once a round, one after the other, so that what else the machine does meets all alike;
 * each round begins with another one.
 */
export async function runRounds(one: Case, rounds: number, progress: (text: string) => void): Promise<Result> {
  const { scenario, id, title, size, contestants } = one;
  const samples = new Map<string, Sample[]>(contestants.map((name) => [name, []]));
  const last = Math.min(rounds, one.mostRounds ?? rounds);
  for (let round = 0; round < last; round++) {
    const first = round % contestants.length;
    for (const name of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      progress(`${id}: round ${round + 1} of ${last}, ${name}`);
      samples.get(name)?.push(await one.measure(name));
    }
  }
  return {
    scenario,
    id,
    title,
    ...(size && { size }),
    contestants: [...samples].map(([name, taken]) => ({ name, median: medians(taken), samples: taken })),
  };
}
