import Table from 'cli-table3';
import { LOSS } from './compare.js';
import type { Leg } from './plan.js';
import type { LegResult } from './protocol.js';

/** The value below which so many of the sorted values lie (nearest rank). */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** One row for each encoding. */
export function figures(plan: readonly Leg[], legs: readonly LegResult[], publisherDelays: readonly number[]): string {
  const table = new Table({
    head: ['encoding', 'images', 'MB', 'images/s', 'MB/s', 'latency p50', 'latency p99', 'loop p99: sent', 'received'],
    colAligns: ['left', ...Array<'right'>(8).fill('right')],
    style: { head: [], border: [] },
  });
  const ms = (value: number | undefined) => `${(value ?? Number.NaN).toFixed(1)} ms`;
  for (const [index, leg] of legs.entries()) {
    const { images, bytes, imagesPerSecond, bytesPerSecond, latencies, loopDelay } = leg;
    const sorted = [...latencies].sort((a, b) => a - b);
    table.push([
      plan[index]?.label ?? '',
      images,
      (bytes / 1e6).toFixed(1),
      imagesPerSecond.toFixed(0),
      (bytesPerSecond / 1e6).toFixed(1),
      ms(percentile(sorted, 0.5)),
      ms(percentile(sorted, 0.99)),
      ms(publisherDelays[index]),
      ms(loopDelay),
    ]);
  }
  return `${table}
Per second: as fast as they go, with encoding, decoding and the check of every pixel. Latency: from sending to the
received matrix, one image at a time. MB: of message bodies. Loop: how late the event loops of the two processes came to
a timer, without the time of the checks.`;
}

/** What the comparison of the pixels came to. */
export function losses(plan: readonly Leg[], legs: readonly LegResult[]): string {
  const exact = plan.filter((leg) => leg.lossless).map((leg) => leg.label);
  const compared = plan.reduce((sum, leg, index) => sum + (leg.lossless ? (legs[index]?.images ?? 0) : 0), 0);
  const lines = [`${exact.join(' and ')}: ${compared} images, every pixel equal to the photo's.`];
  for (const [index, { loss }] of legs.entries()) {
    if (!loss) continue;
    const { label } = plan[index] ?? {};
    lines.push(
      `${label}: at worst a mean difference of ${loss.mean.toFixed(2)} of 255 (at most ${LOSS.mean}) and a PSNR of ` +
        `${loss.psnr.toFixed(1)} dB (at least ${LOSS.psnr}).`,
    );
  }
  return lines.join('\n');
}
