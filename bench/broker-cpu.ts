/** What the broker costs: it shares the machine with the clients. */
import { readFileSync } from 'node:fs';
import type { PrivateBroker } from '../tools/private-broker.js';

/** USER_HZ: what /proc counts in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Of the fields after the name, in proc_pid_stat(5): utime and stime. */
const [USER, SYSTEM] = [11, 12];

/** Processor time of the broker so far. */
export function brokerCpuSeconds({ pid }: PrivateBroker): number {
  if (pid === undefined) throw new Error('the broker does not run');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in parentheses, and may have some of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS_PER_SECOND;
}
