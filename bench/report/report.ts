import type { Verdict } from '../outcome.js';
import type { Result } from '../rounds.js';

/** All that a run has to say: what bench/results/latest.json holds. */
export interface Report {
  readonly date: string;
  readonly rounds: number;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
  readonly results: readonly Result[];
}
