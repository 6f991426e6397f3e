/** Who takes part, and as which process. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { prefetchOf } from './harness/client.js';
import { Program } from './harness/program.js';
import type { MessageJob } from './harness/protocol.js';

const WORKER = 'build/ts/bench/harness/worker.js';

/** The JavaScript clients: the name in the tables, and the module in clients/. */
const CLIENTS: Readonly<Record<string, string>> = {
  matmq: 'matmq',
  'amqp-client.js': 'amqp-client',
  amqplib: 'amqplib',
  'rabbitmq-client': 'rabbitmq-client',
};

/** MatMQ of another checkout (`--baseline`), with whose own compiled harness it runs. */
export const BASELINE = 'matmq of the baseline';
let baseline: string | undefined;

/** @throws Error unless `folder` is a checkout that was built */
export function setBaseline(folder: string): void {
  const worker = resolve(folder, WORKER);
  if (!existsSync(worker)) throw new Error(`--baseline expects a checkout that was built by npm test: no ${worker}`);
  baseline = worker;
}

export const WITH_REUSE = 'matmq with reuse';
/** From C++ to C++: the most that any client can reach through the broker. */
export const GATHERED_TO_DIRECT = 'gathered writes to direct reads';
/** What the event loop's delay is made of when a program has no part in it. */
export const BYSTANDER = 'a process that does nothing, meanwhile';

type Command = readonly [program: string, options?: Readonly<Record<string, string | number>>];
type Work = Pick<MessageJob, 'size' | 'confirm'>;

const gatherAndJoin = ({ confirm }: Work): Command => [
  'gather-publish',
  { join: 256 * 1024, ...(confirm && { confirm: 1 }) },
];

/** Acknowledges a quarter of the prefetch at a time: the broker never waits, and seldom reads one. */
function directConsume({ size, confirm }: Work): Command {
  const prefetch = prefetchOf(size);
  return ['direct-consume', confirm ? { prefetch, ack: Math.max(1, Math.floor(prefetch / 4)) } : {}];
}

/** The C++ programs, and what makes them publish or consume. */
const LIMITS: Readonly<Record<string, Partial<Record<MessageJob['role'], (work: Work) => Command>>>> = {
  'plain rabbitmq-c': {
    publish: () => ['plain-rabbitmq-c', { mode: 'publish' }],
    consume: () => ['plain-rabbitmq-c', { mode: 'consume' }],
  },
  'gathered writes': { publish: () => ['gather-publish'] },
  'joined gathered writes': { publish: gatherAndJoin },
  'direct reads': { consume: directConsume },
  [GATHERED_TO_DIRECT]: { publish: gatherAndJoin, consume: directConsume },
};

export const JAVASCRIPT = Object.keys(CLIENTS);

/** Starts the process of a contestant. */
export function start(contestant: string, job: Omit<MessageJob, 'client'>): Program {
  if (contestant === BASELINE && baseline !== undefined) return Program.worker({ ...job, client: 'matmq' }, baseline);
  const client = contestant === WITH_REUSE ? 'matmq-with-reuse' : CLIENTS[contestant];
  if (client !== undefined) return Program.worker({ ...job, client });
  const command = LIMITS[contestant]?.[job.role];
  if (command === undefined) throw new Error(`${contestant} does not ${job.role}`);
  const [program, options] = command(job);
  const { target, size, count, warm } = job;
  const { port, exchange, routingKey: key } = target;
  return Program.native(program, { ...options, port, exchange, key, size, count, warm });
}
