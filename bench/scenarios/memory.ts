/** What memory it takes to stream 4K pictures. */
import type { Case, Sample } from '../case.js';
import { start, WITH_REUSE } from '../contestants.js';
import type { Context } from '../context.js';
import { Peer } from '../harness/peer.js';
import type { Outcome, Payload } from '../harness/protocol.js';
import { FRAME_4K } from '../sizes.js';

/** MatMQ's default: what a producer holds, and what waits in a consumer. */
const HIGH_WATER_MARK = 256 * 1024 * 1024;

function sampleOf({ memory, peakRss, endedAt, startedAt, bytes }: Outcome): Sample {
  if (memory === undefined) throw new Error('the memory was not watched');
  const peak = Math.max(memory.firstHalf, memory.secondHalf);
  return {
    mbPerSecond: bytes / 1e6 / (endedAt - startedAt),
    peakMb: peakRss / 1e6,
    beyondMb: (peak - memory.before - HIGH_WATER_MARK) / 1e6,
    driftMb: (memory.secondHalf - memory.firstHalf) / 1e6,
  };
}

async function measure(
  contestant: string,
  role: 'publish' | 'consume',
  payload: Payload,
  frames: number,
): Promise<Sample> {
  const counts = { count: frames, warm: 0 };
  const flood = role === 'consume' ? { flood: { size: FRAME_4K.bytes, count: frames } } : {};
  await using peer = await Peer.start(flood);
  const target = { port: peer.port, exchange: 'bench', routingKey: 'k' };
  const confirm = role === 'publish';
  const job = { role, target, size: FRAME_4K.bytes, ...counts, confirm, payload, watchMemory: true } as const;
  await using program = start(contestant, job);
  await program.ready();
  if (role === 'publish') program.go();
  else await program.warm();
  return sampleOf(await program.outcome());
}

export function memoryCases({ effort }: Context): Case[] {
  const common = { scenario: 'memory', size: FRAME_4K.name, contestants: ['matmq', WITH_REUSE], mostRounds: 1 };
  return [
    {
      ...common,
      id: 'memory/publish',
      title: `Memory, publishing ${effort.frames} pictures of 4K, each in memory of its own`,
      measure: (contestant) => measure(contestant, 'publish', 'new-images', effort.frames),
    },
    {
      ...common,
      id: 'memory/consume',
      title: `Memory, consuming ${effort.frames} messages of a 4K picture's size`,
      measure: (contestant) => measure(contestant, 'consume', 'bytes', effort.frames),
    },
  ];
}
