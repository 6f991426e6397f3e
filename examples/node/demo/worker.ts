// The side of the demo's child processes.
import { on } from 'node:events';
import type { Order, Report, Route } from './protocol.js';

// Ctrl-C in a terminal reaches us too. The demo itself decides what happens then.
process.on('SIGINT', () => {});
// However the demo ends, this channel to it closes.
const orphaned = () => process.exit(1);
process.once('disconnect', orphaned);

const inbox = on(process, 'message');

async function next(): Promise<unknown> {
  const { value } = await inbox.next();
  return value[0];
}

/** The first message. */
export async function route(): Promise<Route> {
  return (await next()) as Route;
}

/** The messages after it, to the publishing process. */
export async function* orders(): AsyncGenerator<Order> {
  while (true) yield (await next()) as Order;
}

export function report(report: Report): void {
  process.send?.(report);
}

/** Lets the process end. */
export function leave(): void {
  process.off('disconnect', orphaned);
  process.disconnect();
}
