/** Results as rows of text, for every kind of table. */
import { METRICS, type Metric } from '../case.js';
import { advantage, type Verdict } from '../outcome.js';
import type { Result } from '../rounds.js';
import { figure } from './figure.js';

export interface Rows {
  readonly head: readonly string[];
  readonly body: readonly (readonly string[])[];
}

/** One case: a row for each contestant. */
export function caseRows(result: Result): Rows {
  const { contestants } = result;
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    contestants.some(({ median }) => median[metric] !== undefined),
  );
  const factors = contestants.map(({ name }) => advantage(result, name));
  const compare = factors.some((factor) => factor !== undefined);
  const factor = (value: number | undefined) => (value === undefined ? '' : `${figure(value)}x`);
  return {
    head: ['', ...metrics.map((metric) => METRICS[metric].trim()), ...(compare ? ['MatMQ is'] : [])],
    body: contestants.map(({ name, median }, i) => [
      name,
      ...metrics.map((metric) => figure(median[metric])),
      ...(compare ? [factor(factors[i])] : []),
    ]),
  };
}

/** The cases of one scenario: a row for each contestant, a column for each size. */
export function sizeRows(results: readonly Result[]): Rows {
  const names = [...new Set(results.flatMap(({ contestants }) => contestants.map(({ name }) => name)))];
  const value = ({ contestants }: Result, name: string) =>
    contestants.find((contestant) => contestant.name === name)?.median.mbPerSecond;
  return {
    head: ['MB/s', ...results.map(({ size }) => size ?? '')],
    body: names.map((name) => [name, ...results.map((result) => figure(value(result, name)))]),
  };
}

const REACHED = { aim: 'the aim', yes: 'yes', no: 'NO' } as const;

export function verdictRows(verdicts: readonly Verdict[]): Rows {
  return {
    head: ['target', 'against', 'measured', 'the limit here', 'required', 'aim', 'reached'],
    body: verdicts.map(({ what, against = '', value, mostHere, required, aim, reached }) => [
      what,
      against,
      figure(value),
      mostHere === undefined ? '' : figure(mostHere),
      String(required),
      String(aim),
      REACHED[reached],
    ]),
  };
}
