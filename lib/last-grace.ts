/**
 * What the end of a program does to producers left open: those with unsettled messages get a few seconds to settle
 * them, then a warning says how many are in doubt. Works in worker threads alike; `process.exit()` passes it by.
 */

const GRACE_MS = 5_000;

/** A producer that is open. */
export interface Unfinished {
  readonly name: string;
  readonly unsettled: number;
}

const open = new Set<Unfinished>();
let timer: NodeJS.Timeout | undefined;
let over = false;

export function watch(producer: Unfinished): void {
  if (open.size === 0) process.on('beforeExit', beforeExit);
  open.add(producer);
}

export function unwatch(producer: Unfinished): void {
  open.delete(producer);
  if (open.size === 0) process.off('beforeExit', beforeExit);
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
  if (rest.length === 0) return;
  if (!over) {
    // The timer keeps the process alive, so that the addon's wake-ups arrive.
    timer ??= setTimeout(() => {
      timer = undefined;
      over = true;
    }, GRACE_MS);
    return;
  }
  over = false;
  for (const producer of rest) {
    warn(producer);
    unwatch(producer);
  }
}

function unfinished(): Unfinished[] {
  return [...open].filter((producer) => producer.unsettled > 0);
}

function warn({ name, unsettled }: Unfinished): void {
  const messages = unsettled === 1 ? '1 message was' : `${unsettled} messages were`;
  process.emitWarning(`${messages} not confirmed when the program ended; await flushAndExit() before its end`, {
    type: 'MatmqWarning',
    code: 'MATMQ_NOT_CONFIRMED',
    detail: `producer '${name}'`,
  });
}
