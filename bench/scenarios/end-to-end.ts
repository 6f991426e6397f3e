/** From a publishing process through RabbitMQ to a consuming one. */
import { setTimeout as delay } from 'node:timers/promises';
import { brokerCpuSeconds } from '../broker-cpu.js';
import type { Case } from '../case.js';
import { GATHERED_TO_DIRECT, JAVASCRIPT, start, WITH_PREFETCH } from '../contestants.js';
import type { Context } from '../context.js';
import type { Payload } from '../harness/protocol.js';
import { type Streamed, sampleOfPair } from '../sample.js';
import { type Counts, countsFor, SIZES, type Size } from '../sizes.js';

const BYTES = 1.5e9;
/** For the broker to come to rest after the warm-up. */
const SETTLE = 300;

export interface Stream {
  readonly size: Size;
  readonly counts: Counts;
  readonly confirm: boolean;
  readonly payload: Payload;
  readonly tls?: boolean;
  readonly watchEventLoop?: boolean;
}

/** Runs publisher and consumer of a contestant. */
export async function stream(
  context: Context,
  contestant: string,
  { size, counts, confirm, payload, tls = false, watchEventLoop = false }: Stream,
): Promise<Streamed> {
  const broker = await context.broker();
  const { port, tlsPort, caFile } = broker;
  const where = tls ? { port: tlsPort, ca: caFile } : { port };
  const target = { ...where, exchange: 'bench', routingKey: `k-${Math.random()}` };
  const job = { target, size: size.bytes, ...counts, confirm, payload, watchEventLoop } as const;
  await using consumer = start(contestant, { ...job, role: 'consume' });
  await consumer.ready();
  await using publisher = start(contestant, { ...job, role: 'publish' });
  await publisher.ready();
  await consumer.warm();
  await delay(SETTLE);
  const before = brokerCpuSeconds(broker);
  publisher.go();
  const [sent, received] = await Promise.all([publisher.outcome(), consumer.outcome()]);
  return { publisher: sent, consumer: received, brokerCpuSeconds: brokerCpuSeconds(broker) - before };
}

export function endToEndCases(context: Context): Case[] {
  return [false, true].flatMap((confirm) =>
    SIZES.map((size) => ({
      scenario: confirm ? 'end-to-end/confirmed' : 'end-to-end/plain',
      id: `end-to-end/${confirm ? 'confirmed' : 'plain'}/${size.name}`,
      title: `End to end through RabbitMQ${confirm ? ', with confirms and acknowledgements' : ''}`,
      size: size.name,
      contestants: [...JAVASCRIPT, confirm ? WITH_PREFETCH : 'plain rabbitmq-c', GATHERED_TO_DIRECT],
      async measure(contestant: string) {
        const counts = countsFor(size, BYTES, context.effort);
        return sampleOfPair(await stream(context, contestant, { size, counts, confirm, payload: 'bytes' }));
      },
    })),
  );
}
