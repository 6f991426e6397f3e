/** Publishing and consuming messages of one size. */
import type { Client } from './client.js';
import { readyToGo } from './go.js';
import { Measurement } from './measure.js';
import { MemoryWatch } from './memory-watch.js';
import type { MessageJob, Outcome } from './protocol.js';

export function makeBody(size: number): Buffer {
  const body = Buffer.allocUnsafeSlow(size);
  for (let i = 0; i < size; i++) body[i] = i * 31;
  return body;
}

function watchOf({ watchMemory = false }: MessageJob): MemoryWatch | undefined {
  return watchMemory ? new MemoryWatch() : undefined;
}

export async function publish(client: Client, job: MessageJob): Promise<Outcome> {
  const publisher = await client.openPublisher(job.target, job);
  const body = makeBody(job.size);
  await publisher.publish(body, job.warm);
  await readyToGo();
  const measurement = new Measurement({ memory: watchOf(job), eventLoop: job.watchEventLoop });
  await publisher.publish(body, job.count);
  await publisher.close();
  return measurement.finish(job.count, job.count * job.size);
}

/**
 * The time is that between the first message after the warm-up and the last one, so the first is not counted: what went
 * before it (starts, pauses, the warm-up) would only blur the figures.
 */
export async function consume(client: Client, job: MessageJob): Promise<Outcome> {
  const { size, count, warm } = job;
  const memory = watchOf(job);
  let ready = false;
  let received = 0;
  let measurement: Measurement | undefined;
  let finished: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    finished = resolve;
  });
  const subscription = await client.openConsumer(job.target, job, (bytes) => {
    if (bytes !== size) throw new Error(`a message of ${bytes} bytes instead of ${size}`);
    received++;
    if (received === warm && ready) console.log('warm');
    if (received === warm + 1) measurement = new Measurement({ memory, eventLoop: job.watchEventLoop });
    if (received === warm + count && measurement) finished(measurement.finish(count - 1, (count - 1) * size));
  });
  console.log('ready');
  ready = true;
  // A peer that floods does not wait for the subscription's answer to be read.
  if (received >= warm) console.log('warm');
  const result = await outcome;
  await subscription.close();
  return result;
}
