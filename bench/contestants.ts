/** Who takes part, and as which process. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { prefetchOf } from './harness/client.js';
import { Program } from './harness/program.js';
import type { ClientJob, MessageJob } from './harness/protocol.js';

/** The clients that take part wherever messages go, as their users write them. */
export const JAVASCRIPT: readonly string[] = ['matmq', 'amqp-client.js', 'amqplib', 'rabbitmq-client'];
/** Received bodies go back when the next one is wanted: an option of MatMQ's loop. */
export const WITH_REUSE = 'matmq with reuse';
export const WITH_PREFETCH = "matmq with the others' prefetch";
export const SHARP = 'sharp + amqplib';

/** The JavaScript clients: the name in the tables, and the module in clients/. */
const CLIENTS: Readonly<Record<string, string>> = {
  matmq: 'matmq',
  'amqp-client.js': 'amqp-client',
  amqplib: 'amqplib',
  'rabbitmq-client': 'rabbitmq-client',
  [WITH_REUSE]: 'matmq-with-reuse',
  [WITH_PREFETCH]: 'matmq-with-prefetch',
  [SHARP]: 'sharp-amqplib',
};

/** MatMQ of another checkout (`--baseline`), in the harness of this one, so that both do the same. */
export const BASELINE = 'matmq of the baseline';
let baseline: string | undefined;

/** @throws Error unless `folder` is a checkout that was built, and is the one whose addon would be loaded */
export function setBaseline(folder: string): void {
  const [library = '', addon = ''] = ['dist/index.js', 'build/Release/matmq.node'].map((path) => resolve(folder, path));
  const missing = [library, addon].find((path) => !existsSync(path));
  if (missing !== undefined) throw new Error(`--baseline expects a checkout that was built: no ${missing}`);
  if (process.env.MATMQ_ADDON) throw new Error('MATMQ_ADDON would be the addon of both: --baseline cannot have it set');
  baseline = library;
}

/** From C++ to C++: the most that any client can reach through the broker. */
export const GATHERED_TO_DIRECT = 'gathered writes to direct reads';
/** What the event loop's delay is made of when a program has no part in it. */
export const BYSTANDER = 'a process that does nothing, meanwhile';
export const IDLE = 'a process that does nothing, alone';

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

/** Of a contestant in JavaScript. */
export function clientOf(contestant: string): ClientJob | undefined {
  if (contestant === BASELINE && baseline !== undefined) return { client: 'matmq', library: baseline };
  const client = CLIENTS[contestant];
  return client === undefined ? undefined : { client };
}

/** Starts the process of a contestant. */
export function start(contestant: string, job: Omit<MessageJob, keyof ClientJob>): Program {
  const client = clientOf(contestant);
  if (client !== undefined) return Program.worker({ ...job, ...client });
  const command = LIMITS[contestant]?.[job.role];
  if (command === undefined) throw new Error(`${contestant} does not ${job.role}`);
  const [program, options] = command(job);
  const { target, size, count, warm } = job;
  const { port, exchange, routingKey: key } = target;
  return Program.native(program, { ...options, port, exchange, key, size, count, warm });
}
