/** Who takes part, and as which process. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
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
/** What the event loop's delay is made of when a program has no part in it. */
export const BYSTANDER = 'a process that does nothing, meanwhile';

type Command = readonly [program: string, options?: Readonly<Record<string, string | number>>];

/** The C++ programs, and what makes them publish or consume. */
const LIMITS: Readonly<Record<string, { readonly publish?: Command; readonly consume?: Command }>> = {
  'plain rabbitmq-c': {
    publish: ['plain-rabbitmq-c', { mode: 'publish' }],
    consume: ['plain-rabbitmq-c', { mode: 'consume' }],
  },
  'gathered writes': { publish: ['gather-publish'] },
  'joined gathered writes': { publish: ['gather-publish', { join: 256 * 1024 }] },
  'direct reads': { consume: ['direct-consume'] },
  'gathered writes to direct reads': { publish: ['gather-publish', { join: 256 * 1024 }], consume: ['direct-consume'] },
};

export const JAVASCRIPT = Object.keys(CLIENTS);

/** Starts the process of a contestant. */
export function start(contestant: string, job: Omit<MessageJob, 'client'>): Program {
  if (contestant === BASELINE && baseline !== undefined) return Program.worker({ ...job, client: 'matmq' }, baseline);
  const client = contestant === WITH_REUSE ? 'matmq-with-reuse' : CLIENTS[contestant];
  if (client !== undefined) return Program.worker({ ...job, client });
  const command = LIMITS[contestant]?.[job.role];
  if (command === undefined) throw new Error(`${contestant} does not ${job.role}`);
  const [program, options] = command;
  const { target, size, count, warm } = job;
  const { port, exchange, routingKey: key } = target;
  return Program.native(program, { ...options, port, exchange, key, size, count, warm });
}
