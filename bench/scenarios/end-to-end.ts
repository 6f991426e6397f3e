/** From a publishing process through RabbitMQ to a consuming one. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Case } from '../case.js';
import { GATHERED_TO_DIRECT, JAVASCRIPT, start } from '../contestants.js';
import type { Context } from '../context.js';
import type { Outcome, Payload } from '../harness/protocol.js';
import { sampleOfPair } from '../sample.js';
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
}

/** Runs publisher and consumer of a contestant. */
export async function stream(
  context: Context,
  contestant: string,
  { size, counts, confirm, payload, tls = false }: Stream,
): Promise<{ publisher: Outcome; consumer: Outcome }> {
  const { port, tlsPort, caFile } = await context.broker();
  const where = tls ? { port: tlsPort, ca: caFile } : { port };
  const target = { ...where, exchange: 'bench', routingKey: `k-${Math.random()}` };
  const job = { target, size: size.bytes, ...counts, confirm, payload } as const;
  await using consumer = start(contestant, { ...job, role: 'consume' });
  await consumer.ready();
  await using publisher = start(contestant, { ...job, role: 'publish' });
  await publisher.ready();
  await consumer.warm();
  await delay(SETTLE);
  publisher.go();
  const [sent, received] = await Promise.all([publisher.outcome(), consumer.outcome()]);
  return { publisher: sent, consumer: received };
}

export function endToEndCases(context: Context): Case[] {
  return [false, true].flatMap((confirm) =>
    SIZES.map((size) => ({
      scenario: confirm ? 'end-to-end/confirmed' : 'end-to-end/plain',
      id: `end-to-end/${confirm ? 'confirmed' : 'plain'}/${size.name}`,
      title: `End to end through RabbitMQ${confirm ? ', with confirms and acknowledgements' : ''}`,
      size: size.name,
      contestants: [...JAVASCRIPT, ...(confirm ? [] : ['plain rabbitmq-c']), GATHERED_TO_DIRECT],
      async measure(contestant: string) {
        const counts = countsFor(size, BYTES, context.effort);
        const { publisher, consumer } = await stream(context, contestant, { size, counts, confirm, payload: 'bytes' });
        return sampleOfPair(publisher, consumer);
      },
    })),
  );
}
