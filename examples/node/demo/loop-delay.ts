import { createHistogram } from 'node:perf_hooks';

/** Milliseconds. */
const PERIOD = 1;

/**
 * How much later than due this process's event loop comes to a timer. As `monitorEventLoopDelay` of node:perf_hooks,
 * but that one cannot leave out what the demo itself does to the images.
 */
export class LoopDelay {
  readonly #delays = createHistogram();
  #last = performance.now();

  constructor() {
    setInterval(() => this.#tick(), PERIOD).unref();
  }

  /** Does something whose time is not counted. */
  leaveOut<T>(work: () => T): T {
    if (performance.now() - this.#last > PERIOD) this.#tick();
    const result = work();
    this.#last = performance.now();
    return result;
  }

  /** The 99th percentile since the last call, in milliseconds. */
  lap(): number {
    const p99 = this.#delays.count === 0 ? Number.NaN : this.#delays.percentile(99) / 1000;
    this.#delays.reset();
    return p99;
  }

  #tick(): void {
    const now = performance.now();
    const microseconds = Math.round((now - this.#last - PERIOD) * 1000);
    // A histogram begins at 1.
    this.#delays.record(Math.max(1, microseconds));
    this.#last = now;
  }
}
