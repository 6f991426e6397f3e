/** What MatMQ is to reach, by comparison in one run. */
import type { Metric } from './case.js';
import { BASELINE, BYSTANDER, GATHERED_TO_DIRECT, IDLE, WITH_REUSE } from './contestants.js';
import { SIZES } from './sizes.js';

export interface Target {
  readonly what: string;
  /** The id of a case. */
  readonly case: string;
  readonly metric: Metric;
  /** Which contestant of ours is judged: 'matmq', unless it says another. */
  readonly own?: string;
  /** Whose figure MatMQ's is held against; none where the figure itself counts. */
  readonly against?: string;
  /** How the two are compared: by 'ratio', unless it says 'difference', for where the other may be next to nothing. */
  readonly by?: 'ratio' | 'difference';
  /** Who does the same with nothing around it: what it reaches is the most that there is to reach here. */
  readonly limit?: string;
  /** At least, where more is better, and at most where less is. */
  readonly required: number;
  readonly aim: number;
}

const JS = 'amqp-client.js';

type Bounds = readonly [required: number, aim: number];

/** The same target for several sizes. */
interface Row extends Omit<Target, 'case' | 'required' | 'aim'> {
  readonly scenario: string;
  readonly sizes: Readonly<Record<string, Bounds>>;
}

const PUBLISHING: readonly Row[] = [
  {
    what: 'publish to the peer',
    scenario: 'publish/plain',
    metric: 'mbPerSecond',
    against: JS,
    limit: 'gathered writes',
    sizes: { '1MB': [1.35, 1.4], '24.9MB': [1.5, 1.75], '22kB': [1.5, 2] },
  },
  {
    what: 'publish to the peer',
    scenario: 'publish/plain',
    metric: 'mbPerSecond',
    against: 'gathered writes',
    sizes: { '1MB': [0.9, 1], '24.9MB': [0.9, 1], '22kB': [0.9, 1] },
  },
  {
    what: 'publish to the peer with confirms',
    scenario: 'publish/confirmed',
    metric: 'mbPerSecond',
    against: JS,
    sizes: { '24.9MB': [4, 7] },
  },
  {
    what: 'processor time per GB, publishing',
    scenario: 'publish/plain',
    metric: 'cpuPerGb',
    against: JS,
    limit: 'gathered writes',
    sizes: { '1MB': [0.75, 0.65] },
  },
  {
    what: 'processor time per GB, publishing with confirms',
    scenario: 'publish/confirmed',
    metric: 'cpuPerGb',
    against: JS,
    sizes: { '22kB': [0.75, 0.6] },
  },
];

const CONSUMING: readonly Row[] = [
  {
    what: 'processor time per GB, consuming',
    scenario: 'consume',
    metric: 'cpuPerGb',
    against: 'direct reads',
    sizes: { '22kB': [1.4, 1.2], '1MB': [1.6, 1.3], '24.9MB': [1.5, 1.2] },
  },
];

const END_TO_END: readonly Row[] = ['plain', 'confirmed'].flatMap((variant) => {
  const common = {
    what: `end to end through RabbitMQ${variant === 'confirmed' ? ' with confirms' : ''}`,
    scenario: `end-to-end/${variant}`,
    metric: 'mbPerSecond',
  } as const;
  return [
    {
      ...common,
      against: GATHERED_TO_DIRECT,
      sizes: { '22kB': [0.75, 0.85], '1MB': [0.85, 0.92], '24.9MB': [0.92, 0.97] },
    },
    {
      ...common,
      against: JS,
      limit: GATHERED_TO_DIRECT,
      sizes: { '22kB': [1.5, 1.8], '1MB': [1.8, 2.1], '24.9MB': [1.7, 1.8] },
    },
  ];
});

/** Only where there is a baseline: a round trip is not to become slower. */
const ROUND_TRIP: readonly Target[] = ['plain', 'confirmed'].flatMap((variant) =>
  (['tripP50', 'tripP99'] as const).map((metric) => ({
    what: `round trip${variant === 'confirmed' ? ' with confirms' : ''}, ${metric === 'tripP50' ? 'p50' : 'p99'}`,
    case: `round-trip/${variant}`,
    metric,
    against: BASELINE,
    required: 1.05,
    aim: 1,
  })),
);

/** Beyond what a process sees that does nothing on a machine where nothing happens. */
const EVENT_LOOP: readonly Row[] = (['sendingP99', 'receivingP99'] as const).map((metric) => ({
  what: `event-loop delay p99 ${metric === 'sendingP99' ? 'sending' : 'receiving'}, ms more`,
  scenario: 'event-loop',
  metric,
  against: IDLE,
  by: 'difference',
  limit: BYSTANDER,
  sizes: Object.fromEntries(SIZES.map(({ name }) => [name, [1, 0.3]])),
}));

/** A target for each size of a row. */
function spread({ scenario, sizes, what, ...common }: Row): Target[] {
  return Object.entries(sizes).map(([size, [required, aim]]) => ({
    ...common,
    what: `${what}, ${size}`,
    case: `${scenario}/${size}`,
    required,
    aim,
  }));
}

export const TARGETS: readonly Target[] = [
  ...[...PUBLISHING, ...CONSUMING, ...END_TO_END].flatMap(spread),
  ...ROUND_TRIP,
  ...EVENT_LOOP.flatMap(spread),
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
