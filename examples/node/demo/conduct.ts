import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Child } from './child.js';
import { PLAN, SINGLE_ROUNDS } from './plan.js';
import type { Done, Sent } from './protocol.js';

const SILENCE = 60_000;

/** Rejects with the signal's reason. */
export async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** The two processes of the demo. */
export interface Cast {
  readonly publisher: Child;
  readonly receiver: Child;
}

/** The last words of both. */
export interface Outcome {
  readonly done: Done;
  readonly sent: Sent;
}

/**
 * Has one process publish the plan and the other receive it; resolves to what they found when both have ended.
 * Rejects when one of them fails or nothing comes for long, or with the signal's reason.
 */
export async function conduct(
  { publisher, receiver }: Cast,
  url: string,
  photos: number,
  received: (label: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing arrived for ${SILENCE / 1000} s`)), SILENCE);

  const play = async (): Promise<Outcome> => {
    const route = { url, routingKey: `demo-${randomUUID()}` };
    for (const child of [receiver, publisher]) child.send(route);
    // Only now is the receiver's queue sure to be there.
    for (const child of [receiver, publisher]) await child.expect('ready');
    // One encoding at a time, so that the figures of one do not contain the work of another.
    for (const [leg, { rounds, label }] of PLAN.entries()) {
      const arrival = async () => {
        await receiver.expect('received');
        timer.refresh();
        received(label);
      };
      publisher.send({ kind: 'rounds', leg });
      for (let count = rounds * photos; count > 0; count--) await arrival();
      for (let count = 0; count < SINGLE_ROUNDS * photos; count++) {
        publisher.send({ kind: 'photo', leg, photo: count % photos });
        await arrival();
      }
    }
    publisher.send({ kind: 'end' });
    const outcome = { done: await receiver.expect('done'), sent: await publisher.expect('sent') };
    await Promise.all([publisher.ended, receiver.ended]);
    return outcome;
  };

  try {
    const ends = [receiver.failure, publisher.failure, aborted(silence.signal), aborted(signal)];
    return await Promise.race([play(), ...ends]);
  } finally {
    clearTimeout(timer);
  }
}
