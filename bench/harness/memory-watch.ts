import { existsSync, readFileSync } from 'node:fs';
import type { MemoryUse } from './protocol.js';

const INTERVAL = 10;
const STATUS = '/proc/self/status';

/**
 * The most resident memory the process ever had. What getrusage says counts the process that it was forked from, too.
 */
export function peakRss(): number {
  const kilobytes = existsSync(STATUS) ? /^VmHWM:\s+(\d+)/m.exec(readFileSync(STATUS, 'utf8'))?.[1] : undefined;
  return (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes)) * 1024;
}

/** Looks at the resident memory from time to time. */
export class MemoryWatch {
  readonly #before = process.memoryUsage.rss();
  readonly #samples: number[] = [];
  readonly #timer = setInterval(() => this.#samples.push(process.memoryUsage.rss()), INTERVAL);

  finish(): MemoryUse {
    clearInterval(this.#timer);
    const half = Math.floor(this.#samples.length / 2);
    const most = (samples: readonly number[]) => samples.reduce((a, b) => Math.max(a, b), this.#before);
    return {
      before: this.#before,
      firstHalf: most(this.#samples.slice(0, half)),
      secondHalf: most(this.#samples.slice(half)),
    };
  }
}
