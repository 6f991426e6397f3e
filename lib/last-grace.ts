/**
 * What the end of a program does to producers left open: those with unsettled messages get a few seconds to settle
 * them, then a warning says how many are in doubt. Another warning tells of failures that nobody was told of, because no
 * flush came. Works in worker threads alike; `process.exit()` passes it by.
 */
import type { Untold } from './settlements.js';

const GRACE_MS = 5_000;
/** Producers whose connection ended for good and which nobody closed, remembered for the end of the program. */
const MOST_RETIRED = 16;

/** A producer that is watched. */
export interface Unfinished {
  readonly name: string;
  readonly unsettled: number;
  takeUntold(): Untold | undefined;
}

const watched = new Set<Unfinished>();
/** Those of them that have ended, in that order. */
const retired = new Set<Unfinished>();
let timer: NodeJS.Timeout | undefined;
let over = false;

export function watch(producer: Unfinished): void {
  if (watched.size === 0) process.on('beforeExit', beforeExit);
  watched.add(producer);
}

/** The program closed it: the last occasion to tell what no flush has told. */
export function unwatch(producer: Unfinished): void {
  if (!watched.delete(producer)) return;
  retired.delete(producer);
  warnOfUntold(producer);
  if (watched.size === 0) process.off('beforeExit', beforeExit);
  endWhenSettled();
}

/** It ended without the program's wish: a flush may still come. */
export function retire(producer: Unfinished): void {
  retired.add(producer);
  const [oldest] = retired;
  if (retired.size > MOST_RETIRED && oldest !== undefined) unwatch(oldest);
  endWhenSettled();
}

/** To be called when messages were settled. */
export function endWhenSettled(): void {
  if (timer === undefined || unfinished().length > 0) return;
  clearTimeout(timer);
  timer = undefined;
}

/** Node calls it when nothing is left to do, and again after each time that something was. */
function beforeExit(): void {
  const rest = unfinished();
  if (rest.length > 0 && !over) {
    // The timer keeps the process alive, so that the addon's wake-ups arrive.
    timer ??= setTimeout(() => {
      timer = undefined;
      over = true;
    }, GRACE_MS);
    return;
  }
  over = false;
  for (const producer of rest) warnOfUnsettled(producer);
  const last = [...watched];
  // After the program's own listeners of this event, one of which may flush.
  process.nextTick(() => {
    for (const producer of last) {
      if (rest.includes(producer) || retired.has(producer)) unwatch(producer);
      else warnOfUntold(producer);
    }
  });
}

function unfinished(): Unfinished[] {
  return [...watched].filter((producer) => producer.unsettled > 0);
}

function warnOfUnsettled({ name, unsettled }: Unfinished): void {
  warn(
    'MATMQ_NOT_CONFIRMED',
    name,
    `${messages(unsettled)} not confirmed when the program ended; await flushAndExit() before its end`,
  );
}

function warnOfUntold(producer: Unfinished): void {
  const untold = producer.takeUntold();
  if (untold === undefined) return;
  const { count, first } = untold;
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
