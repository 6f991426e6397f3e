/** Publishing and consuming messages of one size. */
import type { Client } from './client.js';
import { readyToGo } from './go.js';
import { Measurement } from './measure.js';
import type { MessageJob, Outcome } from './protocol.js';

function makeBody(size: number): Buffer {
  const body = Buffer.allocUnsafeSlow(size);
  for (let i = 0; i < size; i++) body[i] = i * 31;
  return body;
}

export async function publish(client: Client, job: MessageJob): Promise<Outcome> {
  const publisher = await client.openPublisher(job.target, job);
  const body = makeBody(job.size);
  await publisher.publish(body, job.warm);
  await readyToGo();
  const measurement = new Measurement(job.watchMemory);
  await publisher.publish(body, job.count);
  await publisher.close();
  return measurement.finish(job.count, job.count * job.size);
}

export async function consume(client: Client, job: MessageJob): Promise<Outcome> {
  const { size, count, warm } = job;
  const begin = () => new Measurement(job.watchMemory);
  let received = 0;
  let measurement = warm === 0 ? begin() : undefined;
  let finished: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    finished = resolve;
  });
  const subscription = await client.openConsumer(job.target, job, (bytes) => {
    if (bytes !== size) throw new Error(`a message of ${bytes} bytes instead of ${size}`);
    received++;
    if (received === warm) measurement = begin();
    if (received === warm + count && measurement !== undefined) finished(measurement.finish(count, count * size));
  });
  console.log('ready');
  const result = await outcome;
  await subscription.close();
  return result;
}
