import { readyToGo } from './go.js';
import { Measurement } from './measure.js';
import type { Outcome } from './protocol.js';

/** Measures while it waits. */
export async function idle(): Promise<Outcome> {
  const measurement = new Measurement({ eventLoop: true });
  await readyToGo();
  return measurement.finish(0, 0);
}
