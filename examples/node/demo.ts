// Publishes real photos from one process, receives and checks them in another, and shows what that came to.
// Uses the broker that AMQP_URL names, or else a private RabbitMQ, which ends with the demo.
import { constants } from 'node:os';
import { relative } from 'node:path';
import { startPrivateBroker } from '../../tools/private-broker.js';
import { Child } from './demo/child.js';
import { aborted, type Cast, conduct, type Outcome } from './demo/conduct.js';
import { figures, losses } from './demo/figures.js';
import { CONTACT_SHEET, photoFiles } from './demo/photo-files.js';
import { PLAN, SINGLE_ROUNDS } from './demo/plan.js';
import { Progress } from './demo/progress.js';

async function play(cast: Cast, url: string, signal: AbortSignal): Promise<Outcome> {
  const photos = (await photoFiles()).length;
  console.log(`${photos} photos, published by one process, received and checked by another`);
  const total = PLAN.reduce((sum, leg) => sum + (leg.rounds + SINGLE_ROUNDS) * photos, 0);
  using progress = new Progress(total, PLAN[0]?.label ?? '');
  return await conduct(cast, url, photos, (label) => progress.step(label), signal);
}

function tell({ done: { legs, mistakes }, sent }: Outcome): void {
  console.log(`\n${figures(PLAN, legs, sent.loopDelays)}\n${losses(PLAN, legs)}`);
  const rows = PLAN.map((leg) => leg.label).join(', ');
  console.log(`Contact sheet of what arrived (rows: ${rows}): ${relative('', CONTACT_SHEET)}`);
  if (mistakes.length === 0) return;
  process.exitCode = 1;
  console.error(`\n${mistakes.length} times it was not as it should be:\n${mistakes.slice(0, 20).join('\n')}`);
}

async function demo(signal: AbortSignal): Promise<void> {
  // They get ready while the broker starts.
  using receiver = new Child('receiver');
  using publisher = new Child('publisher');
  const cast = { publisher, receiver };
  const given = process.env.AMQP_URL;
  if (given) {
    // Without user and password.
    console.log(`RabbitMQ: ${new URL(given).host}, as AMQP_URL says`);
    tell(await play(cast, given, signal));
    return;
  }
  const start = performance.now();
  await using broker = await Promise.race([startPrivateBroker(), aborted(signal)]);
  console.log(`RabbitMQ: a private one, started in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  tell(await play(cast, broker.url, signal));
}

const interrupted = new AbortController();
let exitCode: number | undefined;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: who presses Ctrl-C again wants the end at once. The processes and the broker end then, too.
  process.once(name, () => {
    exitCode = 128 + constants.signals[name];
    interrupted.abort(new Error(`interrupted by ${name}`));
  });
}
try {
  await demo(interrupted.signal);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(exitCode ?? 1);
}
