/** Measures the process it runs in. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type MemoryWatch, peakRss } from './memory-watch.js';
import type { LoopDelay, Outcome } from './protocol.js';

const RESOLUTION = 1;

type Delays = ReturnType<typeof monitorEventLoopDelay>;

/** Seconds of the machine's monotonic clock. */
function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

function delayOf(delays: Delays): LoopDelay {
  const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  return { p99: beyond(delays.percentile(99)), max: beyond(delays.max) };
}

export interface MeasurementOptions {
  /** A watch that may have begun before: what the first message brings is to be seen, too. */
  readonly memory?: MemoryWatch | undefined;
  /**
   * Whether the event loop's delay is measured. Default: no, because that wakes the process a thousand times a second,
   * and a client whose JavaScript thread sleeps meanwhile has to pay for it.
   */
  readonly eventLoop?: boolean | undefined;
}

/** From its construction to `finish()`. */
export class Measurement {
  readonly #memory: MemoryWatch | undefined;
  readonly #delays: Delays | undefined;
  readonly #cpu = process.cpuUsage();
  readonly #startedAt = monotonicSeconds();

  constructor({ memory, eventLoop = false }: MeasurementOptions = {}) {
    this.#memory = memory;
    this.#delays = eventLoop ? monitorEventLoopDelay({ resolution: RESOLUTION }) : undefined;
    this.#delays?.enable();
  }

  finish(messages: number, bytes: number): Outcome {
    const endedAt = monotonicSeconds();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#delays?.disable();
    return {
      messages,
      bytes,
      startedAt: this.#startedAt,
      endedAt,
      cpuSeconds: (user + system) / 1e6,
      peakRss: peakRss(),
      ...(this.#delays && { loopDelay: delayOf(this.#delays) }),
      ...(this.#memory && { memory: this.#memory.finish() }),
    };
  }
}
