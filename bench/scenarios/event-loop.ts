/** How long the event loop is held up while 4K pictures are published and received as they are. */
import type { Case, Sample } from '../case.js';
import { BYSTANDER } from '../contestants.js';
import type { Context } from '../context.js';
import { Program } from '../harness/program.js';
import { loopDelays } from '../sample.js';
import { FRAME_4K, scaled } from '../sizes.js';
import { type Stream, stream } from './end-to-end.js';

const FRAMES = 60;
const IDLE = 'a process that does nothing, alone';

/** What the machine itself adds: nothing of ours runs in that process. */
async function measureIdle(work: () => Promise<unknown>): Promise<Sample> {
  await using program = Program.worker({ role: 'idle' });
  await program.ready();
  await work();
  program.go();
  const outcome = await program.outcome();
  return loopDelays(outcome, outcome);
}

export function eventLoopCases(context: Context): Case[] {
  const frames: Stream = {
    size: FRAME_4K,
    counts: scaled(FRAMES, context.effort),
    confirm: true,
    payload: 'image',
  };
  return [
    {
      scenario: 'event-loop',
      id: 'event-loop/24.9MB',
      title: 'Event loop, while 4K pictures go through RabbitMQ',
      size: FRAME_4K.name,
      contestants: ['matmq', 'amqp-client.js', 'amqplib', BYSTANDER, IDLE],
      async measure(contestant) {
        if (contestant === IDLE) return measureIdle(() => new Promise((resolve) => setTimeout(resolve, 1000)));
        if (contestant === BYSTANDER) return measureIdle(() => stream(context, 'matmq', frames));
        const { publisher, consumer } = await stream(context, contestant, frames);
        return loopDelays(publisher, consumer);
      },
    },
  ];
}
