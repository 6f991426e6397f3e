/** A thing to measure: one kind of work, done by several contestants in turn. */

export const METRICS = {
  mbPerSecond: 'MB/s',
  messagesPerSecond: 'messages/s',
  seconds: 'seconds',
  milliseconds: 'ms',
  cpuPerGb: 'CPU s/GB',
  brokerCpuPerGb: 'broker CPU s/GB',
  tripP50: 'p50 ms',
  tripP99: 'p99 ms',
  delayP99: 'loop p99 ms',
  delayMax: 'loop max ms',
  sendingP99: 'sending: p99 ms',
  sendingMax: 'max ms',
  receivingP99: 'receiving: p99 ms',
  receivingMax: 'max ms ',
  peakMb: 'peak RSS MB',
  beyondMb: 'beyond the high-water mark MB',
  driftMb: 'second half over first MB',
} as const;

export type Metric = keyof typeof METRICS;
export type Sample = Partial<Record<Metric, number>>;

/** Where more is better; of all others, less. */
export const MORE_IS_BETTER: ReadonlySet<Metric> = new Set(['mbPerSecond', 'messagesPerSecond']);

export interface Case {
  /** The kind of work, the same for all sizes. */
  readonly scenario: string;
  /** What `--only` and the targets name: the scenario, then what sets the case apart, with slashes. */
  readonly id: string;
  readonly title: string;
  /** As `--size` names it; none where it is no matter. */
  readonly size?: string;
  readonly contestants: readonly string[];
  /** At most so many, where one more says nothing new. */
  readonly mostRounds?: number;
  measure(contestant: string): Promise<Sample>;
}
