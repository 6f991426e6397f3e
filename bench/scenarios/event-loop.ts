/** How long the event loop is held up while messages, and 4K pictures as they are, are published and received. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Case, Sample } from '../case.js';
import { BYSTANDER, IDLE } from '../contestants.js';
import type { Context } from '../context.js';
import { Program } from '../harness/program.js';
import { loopDelays } from '../sample.js';
import { countsFor, FRAME_4K, SIZES, type Size } from '../sizes.js';
import { type Stream, stream } from './end-to-end.js';

const BYTES = 1.5e9;
/** Milliseconds that a process is watched for when there is no stream. */
const ALONE = 1000;

/** What the machine itself adds: nothing of ours runs in that process. */
async function measureIdle(work: () => Promise<unknown>): Promise<Sample> {
  await using program = Program.worker({ role: 'idle' });
  await program.ready();
  await work();
  program.go();
  const outcome = await program.outcome();
  return loopDelays(outcome, outcome);
}

function caseOf(context: Context, size: Size): Case {
  const pictures = size === FRAME_4K;
  const messages: Stream = {
    size,
    counts: countsFor(size, BYTES, context.effort),
    confirm: true,
    payload: pictures ? 'image' : 'bytes',
    watchEventLoop: true,
  };
  return {
    scenario: 'event-loop',
    id: `event-loop/${size.name}`,
    title: `Event loop, while ${pictures ? '4K pictures' : `messages of ${size.name}`} go through RabbitMQ`,
    size: size.name,
    contestants: ['matmq', 'amqp-client.js', 'amqplib', BYSTANDER, IDLE],
    async measure(contestant) {
      if (contestant === IDLE) return measureIdle(() => delay(ALONE));
      if (contestant === BYSTANDER) return measureIdle(() => stream(context, 'matmq', messages));
      const { publisher, consumer } = await stream(context, contestant, messages);
      return loopDelays(publisher, consumer);
    },
  };
}

export function eventLoopCases(context: Context): Case[] {
  return SIZES.map((size) => caseOf(context, size));
}
