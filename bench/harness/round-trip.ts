/** One message alone, to a queue and back to the process that sent it; then the next. */
import type { RoundTripClient } from './client.js';
import { readyToGo } from './go.js';
import { Measurement } from './measure.js';
import { makeBody } from './messages.js';
import type { MessageJob, Outcome, RoundTrip } from './protocol.js';

/** Of times in milliseconds. */
function percentiles(times: Float64Array): RoundTrip {
  const sorted = times.slice().sort();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

export async function roundTrip(client: RoundTripClient, job: MessageJob): Promise<Outcome> {
  const { target, size, count, warm } = job;
  let arrived: () => void = () => {};
  const subscription = await client.openConsumer(target, job, (bytes) => {
    if (bytes !== size) throw new Error(`a message of ${bytes} bytes instead of ${size}`);
    arrived();
  });
  const publisher = await client.openPublisher(target, job);
  const body = makeBody(size);

  /** Milliseconds of each. */
  async function travel(trips: number): Promise<Float64Array> {
    const times = new Float64Array(trips);
    for (let i = 0; i < trips; i++) {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const start = performance.now();
      const sent = publisher.send(body);
      await arrival;
      times[i] = performance.now() - start;
      await sent;
    }
    return times;
  }

  await travel(warm);
  await readyToGo();
  // Its look at the event loop, every millisecond, would be a part of what is measured.
  const measurement = new Measurement({ eventLoop: false });
  const times = await travel(count);
  const outcome = measurement.finish(count, count * size);
  await publisher.close();
  await subscription.close();
  return { ...outcome, roundTrip: percentiles(times) };
}
