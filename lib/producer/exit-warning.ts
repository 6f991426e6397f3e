/**
 * The end of a program that left producers open. A producer with unsettled messages gets a grace period of a few
 * seconds to settle them; then a warning says how many are in doubt. Another warning counts failures that were never
 * reported to the program, because it called no flush. Worker threads behave alike; `process.exit()` skips all of this.
 */
import type { UnreportedFailures } from './settlements.js';

const GRACE_MS = 5_000;
/** Producers whose connection ended for good and which nobody closed, remembered until the end of the program. */
const MAX_ENDED = 16;

/** What is known of a producer that is not closed. */
export interface WatchedProducer {
  readonly name: string;
  readonly unsettled: number;
  takeUnreported(): UnreportedFailures | undefined;
}

const watched = new Set<WatchedProducer>();
/** The watched producers whose connection has ended, in the order in which it did. */
const ended = new Set<WatchedProducer>();
let graceTimer: NodeJS.Timeout | undefined;
let graceIsOver = false;

export function watch(producer: WatchedProducer): void {
  if (watched.size === 0) process.on('beforeExit', beforeExit);
  watched.add(producer);
}

/** The program closed the producer: the last occasion to report failures that no flush has reported. */
export function unwatch(producer: WatchedProducer): void {
  if (!watched.delete(producer)) return;
  ended.delete(producer);
  warnOfUnreported(producer);
  if (watched.size === 0) process.off('beforeExit', beforeExit);
  endGracePeriodWhenSettled();
}

/** The producer's connection ended, and the program did not close it: a flush may still come. */
export function markEnded(producer: WatchedProducer): void {
  ended.add(producer);
  const [oldest] = ended;
  if (ended.size > MAX_ENDED && oldest !== undefined) unwatch(oldest);
  endGracePeriodWhenSettled();
}

/** To be called when messages were settled. */
export function endGracePeriodWhenSettled(): void {
  if (graceTimer === undefined || unsettledProducers().length > 0) return;
  clearTimeout(graceTimer);
  graceTimer = undefined;
}

/** Node calls it when nothing is left to do, and again after each time that something was. */
function beforeExit(): void {
  const unsettled = unsettledProducers();
  if (unsettled.length > 0 && !graceIsOver) {
    // The timer keeps the process alive, so that the addon's wake-ups arrive.
    graceTimer ??= setTimeout(() => {
      graceTimer = undefined;
      graceIsOver = true;
    }, GRACE_MS);
    return;
  }
  graceIsOver = false;
  for (const producer of unsettled) warnOfUnsettled(producer);
  const open = [...watched];
  // After the program's own listeners of this event, one of which may flush.
  process.nextTick(() => {
    for (const producer of open) {
      if (unsettled.includes(producer) || ended.has(producer)) unwatch(producer);
      else warnOfUnreported(producer);
    }
  });
}

function unsettledProducers(): WatchedProducer[] {
  return [...watched].filter((producer) => producer.unsettled > 0);
}

function warnOfUnsettled({ name, unsettled }: WatchedProducer): void {
  warn(
    'MATMQ_NOT_CONFIRMED',
    name,
    `${messages(unsettled)} not confirmed when the program ended; await flushAndExit() before its end`,
  );
}

function warnOfUnreported(producer: WatchedProducer): void {
  const unreported = producer.takeUnreported();
  if (unreported === undefined) return;
  const { count, first } = unreported;
  const which = first && `${count === 1 ? '' : 'the first is '}#${first.sequence}, ${first.code}: ${first.message}; `;
  warn(
    'MATMQ_PUBLISH_FAILED',
    producer.name,
    `${messages(count)} not published, and nobody asked: ${which ?? ''}await flush() or flushAndExit() to be told`,
  );
}

function messages(count: number): string {
  return count === 1 ? '1 message was' : `${count} messages were`;
}

function warn(code: string, name: string, message: string): void {
  process.emitWarning(message, { type: 'MatmqWarning', code, detail: `producer '${name}'` });
}
