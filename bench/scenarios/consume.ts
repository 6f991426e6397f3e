/** Consuming from a peer that floods: the client alone. */
import type { Case, Sample } from '../case.js';
import { JAVASCRIPT, start, WITH_REUSE } from '../contestants.js';
import type { Context } from '../context.js';
import { Peer } from '../harness/peer.js';
import { sampleOf } from '../sample.js';
import { type Counts, countsFor, SIZES, type Size } from '../sizes.js';

const BYTES = 2e9;

async function measure(contestant: string, { bytes: size }: Size, counts: Counts): Promise<Sample> {
  await using peer = await Peer.start({ flood: { size, count: counts.count + counts.warm } });
  const target = { port: peer.port, exchange: 'bench', routingKey: 'k' };
  const job = { role: 'consume', target, size, ...counts, confirm: false, payload: 'bytes' } as const;
  await using program = start(contestant, job);
  await program.ready();
  await program.warm();
  return sampleOf(await program.outcome());
}

export function consumeCases({ effort }: Context): Case[] {
  return SIZES.map((size) => ({
    scenario: 'consume',
    id: `consume/${size.name}`,
    title: 'Consuming from the flooding peer',
    size: size.name,
    contestants: [...JAVASCRIPT, WITH_REUSE, 'plain rabbitmq-c', 'direct reads'],
    measure: (contestant: string) => measure(contestant, size, countsFor(size, BYTES, effort)),
  }));
}
