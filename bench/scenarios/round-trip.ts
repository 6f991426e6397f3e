/** How long one message takes through RabbitMQ and back, when there is no other. */
import type { Case, Sample } from '../case.js';
import { start } from '../contestants.js';
import type { Context } from '../context.js';
import { type Counts, SMALL, scaled } from '../sizes.js';

const TRIPS = 2000;

async function measure(context: Context, contestant: string, confirm: boolean, counts: Counts): Promise<Sample> {
  const { port } = await context.broker();
  const target = { port, exchange: 'bench', routingKey: `k-${Math.random()}` };
  const job = { role: 'round-trip', target, size: SMALL.bytes, ...counts, confirm, payload: 'bytes' } as const;
  await using program = start(contestant, job);
  await program.ready();
  program.go();
  const { roundTrip } = await program.outcome();
  if (roundTrip === undefined) throw new Error(`${contestant} did not time its round trips`);
  return { tripP50: roundTrip.p50, tripP99: roundTrip.p99 };
}

export function roundTripCases(context: Context): Case[] {
  const counts = scaled(TRIPS, context.effort);
  const title = `One message of ${SMALL.name} alone, through RabbitMQ and back`;
  const common = { size: SMALL.name, contestants: ['matmq', 'amqp-client.js'] };
  return [
    {
      ...common,
      scenario: 'round-trip/plain',
      id: 'round-trip/plain',
      title,
      measure: (contestant) => measure(context, contestant, false, counts),
    },
    {
      ...common,
      scenario: 'round-trip/confirmed',
      id: 'round-trip/confirmed',
      title: `${title}, with confirms and acknowledgements`,
      measure: (contestant) => measure(context, contestant, true, counts),
    },
  ];
}
