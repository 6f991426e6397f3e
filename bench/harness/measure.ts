/** Measures the process it runs in. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type MemoryWatch, peakRss } from './memory-watch.js';
import type { LoopDelay, Outcome } from './protocol.js';

const RESOLUTION = 1;

/** Seconds of the machine's monotonic clock. */
function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** From its construction to `finish()`. */
export class Measurement {
  readonly #memory: MemoryWatch | undefined;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #cpu = process.cpuUsage();
  readonly #startedAt = monotonicSeconds();

  /** @param memory a watch that may have begun before: what the first message brings is to be seen, too */
  constructor(memory?: MemoryWatch) {
    this.#memory = memory;
    this.#delays.enable();
  }

  finish(messages: number, bytes: number): Outcome {
    const endedAt = monotonicSeconds();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#delays.disable();
    return {
      messages,
      bytes,
      startedAt: this.#startedAt,
      endedAt,
      cpuSeconds: (user + system) / 1e6,
      peakRss: peakRss(),
      loopDelay: this.#loopDelay(),
      ...(this.#memory && { memory: this.#memory.finish() }),
    };
  }

  #loopDelay(): LoopDelay {
    const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    return { p99: beyond(this.#delays.percentile(99)), max: beyond(this.#delays.max) };
  }
}
