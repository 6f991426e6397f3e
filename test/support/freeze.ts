import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { PrivateBroker } from '../../tools/private-broker.js';

/** Stops a broker in its tracks, until SIGCONT; resolves when it stands still. */
export async function freeze(broker: PrivateBroker): Promise<void> {
  broker.signal('SIGSTOP');
  // The signal is sent at once, but each thread stops when it is its turn.
  const tasks = `/proc/${broker.pid}/task`;
  const moving = () => readdirSync(tasks).filter((id) => !readFileSync(`${tasks}/${id}/stat`, 'utf8').includes(') T '));
  await expect.poll(moving, { interval: 2 }).toEqual([]);
}
