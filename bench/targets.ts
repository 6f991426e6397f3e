/** What MatMQ is to reach, by ratio in one run. */
import type { Metric } from './case.js';
import { BYSTANDER, WITH_REUSE } from './contestants.js';

export interface Target {
  readonly what: string;
  /** The id of a case. */
  readonly case: string;
  readonly metric: Metric;
  /** Which contestant of ours is judged: 'matmq', unless it says another. */
  readonly own?: string;
  /** Whose figure MatMQ's is divided by; none where the figure itself counts. */
  readonly against?: string;
  /** Who does the same in C++ with nothing around it: what it reaches is the most that there is to reach here. */
  readonly limit?: string;
  /** At least, where more is better, and at most where less is. */
  readonly required: number;
  readonly aim: number;
}

const JS = 'amqp-client.js';

interface Row {
  readonly what: string;
  readonly scenario: string;
  readonly against: string;
  readonly limit?: string;
  /** Size: [required, aim]. */
  readonly sizes: Readonly<Record<string, readonly [required: number, aim: number]>>;
}

/** Throughput: one row for all sizes. */
const ROWS: readonly Row[] = [
  {
    what: 'publish to the peer',
    scenario: 'publish/plain',
    against: JS,
    limit: 'gathered writes',
    sizes: { '1MB': [1.35, 1.4], '24.9MB': [1.5, 1.75], '22kB': [1.5, 2] },
  },
  {
    what: 'publish to the peer',
    scenario: 'publish/plain',
    against: 'gathered writes',
    sizes: { '1MB': [0.9, 1], '24.9MB': [0.9, 1], '22kB': [0.9, 1] },
  },
  {
    what: 'publish to the peer with confirms',
    scenario: 'publish/confirmed',
    against: JS,
    sizes: { '24.9MB': [4, 7] },
  },
  {
    what: 'consume from the peer',
    scenario: 'consume',
    against: JS,
    limit: 'direct reads',
    sizes: { '1MB': [1.5, 1.75], '24.9MB': [1.8, 2.9], '22kB': [1, 1.1] },
  },
  {
    what: 'end to end through RabbitMQ',
    scenario: 'end-to-end/plain',
    against: JS,
    limit: 'gathered writes to direct reads',
    sizes: { '1MB': [2, 2.3], '24.9MB': [1.4, 1.5], '22kB': [1.5, 2] },
  },
  {
    what: 'end to end through RabbitMQ',
    scenario: 'end-to-end/plain',
    against: 'amqplib',
    limit: 'gathered writes to direct reads',
    sizes: { '1MB': [4, 4.6], '24.9MB': [2, 2.2], '22kB': [1.5, 1.7] },
  },
  {
    what: 'end to end through RabbitMQ',
    scenario: 'end-to-end/plain',
    against: 'plain rabbitmq-c',
    limit: 'gathered writes to direct reads',
    sizes: { '1MB': [1.3, 1.5], '24.9MB': [1.4, 1.6] },
  },
];

export const TARGETS: readonly Target[] = [
  ...ROWS.flatMap(({ what, scenario, against, limit, sizes }) =>
    Object.entries(sizes).map(([size, [required, aim]]) => ({
      what: `${what}, ${size}`,
      case: `${scenario}/${size}`,
      metric: 'mbPerSecond' as const,
      against,
      ...(limit !== undefined && { limit }),
      required,
      aim,
    })),
  ),
  {
    what: 'processor time per GB, publishing 1MB',
    case: 'publish/plain/1MB',
    metric: 'cpuPerGb',
    against: JS,
    limit: 'gathered writes',
    required: 0.75,
    aim: 0.65,
  },
  {
    what: 'processor time per GB, consuming 1MB',
    case: 'consume/1MB',
    metric: 'cpuPerGb',
    against: JS,
    limit: 'direct reads',
    required: 0.4,
    aim: 0.25,
  },
  {
    what: 'event-loop delay p99 publishing 4K, ms',
    case: 'event-loop/24.9MB',
    metric: 'sendingP99',
    limit: BYSTANDER,
    required: 2,
    aim: 1,
  },
  {
    what: 'event-loop delay p99 receiving 4K, ms',
    case: 'event-loop/24.9MB',
    metric: 'receivingP99',
    limit: BYSTANDER,
    required: 2,
    aim: 1,
  },
  { what: '1000 photos of 600x180, s', case: 'jpeg/article', metric: 'seconds', required: 0.5, aim: 0.3 },
  { what: "import 'matmq' over an empty addon, ms", case: 'import', metric: 'milliseconds', required: 15, aim: 5 },
  {
    what: 'memory beyond the high-water mark, publishing 4K with reuse, MB',
    case: 'memory/publish',
    own: WITH_REUSE,
    metric: 'beyondMb',
    required: 64,
    aim: 64,
  },
  {
    what: 'memory beyond the high-water mark, consuming 4K with reuse, MB',
    case: 'memory/consume',
    own: WITH_REUSE,
    metric: 'beyondMb',
    required: 64,
    aim: 64,
  },
];
