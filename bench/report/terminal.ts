/** Tables on a terminal. */
import Table from 'cli-table3';
import type { Rows } from './rows.js';

/** No lines between the rows. */
const CHARS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

export function terminalTable({ head, body }: Rows): string {
  const table = new Table({
    head: [...head],
    chars: CHARS,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  for (const row of body) table.push([...row]);
  return table.toString();
}
