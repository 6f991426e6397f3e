/** Publishing to a peer that discards: the client alone. */
import type { Case, Sample } from '../case.js';
import { JAVASCRIPT, start } from '../contestants.js';
import type { Context } from '../context.js';
import { Peer } from '../harness/peer.js';
import { Program } from '../harness/program.js';
import { sampleOf } from '../sample.js';
import { type Counts, countsFor, SIZES, type Size } from '../sizes.js';

const BYTES = 2e9;
const RAW_TCP = 'raw TCP';

async function measureTcp(size: Size, { count }: Counts): Promise<Sample> {
  await using program = Program.native('raw-tcp', { size: size.bytes, count });
  await program.ready();
  program.go();
  return sampleOf(await program.outcome());
}

async function measure(contestant: string, size: Size, counts: Counts, confirm: boolean): Promise<Sample> {
  if (contestant === RAW_TCP) return measureTcp(size, counts);
  await using peer = await Peer.start();
  const target = { port: peer.port, exchange: 'bench', routingKey: 'k' };
  const job = { role: 'publish', target, size: size.bytes, ...counts, confirm, payload: 'bytes' } as const;
  await using program = start(contestant, job);
  await program.ready();
  program.go();
  const outcome = await program.outcome();
  const { messages } = await peer.count();
  const expected = counts.count + counts.warm;
  if (messages !== expected) throw new Error(`${contestant} published ${messages} messages instead of ${expected}`);
  return sampleOf(outcome);
}

export function publishCases({ effort }: Context): Case[] {
  return [false, true].flatMap((confirm) =>
    SIZES.map((size) => ({
      scenario: confirm ? 'publish/confirmed' : 'publish/plain',
      id: `publish/${confirm ? 'confirmed' : 'plain'}/${size.name}`,
      title: `Publishing to the discarding peer${confirm ? ', with confirms' : ''}`,
      size: size.name,
      contestants: confirm
        ? JAVASCRIPT
        : [...JAVASCRIPT, 'plain rabbitmq-c', 'gathered writes', 'joined gathered writes', RAW_TCP],
      measure: (contestant: string) => measure(contestant, size, countsFor(size, BYTES, effort), confirm),
    })),
  );
}
