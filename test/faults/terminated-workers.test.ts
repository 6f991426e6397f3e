import { expect, inject } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';
import { fault, rounded } from './support/fault.js';

const MiB = 1024 * 1024;

interface Usage {
  readonly rss: number;
  readonly descriptors: number;
  readonly threads: number;
}

interface Outcome {
  readonly ended: number;
  readonly before: Usage;
  readonly after: Usage;
  readonly seen: readonly number[];
}

fault({
  name: 'terminated-workers',
  holds: 'workers terminated in the middle of their traffic leave no thread and no descriptor, and memory stays flat',
  // What V8 and malloc keep for the next worker comes with the first ones: the short form finds leaks of whole bodies.
  short: { times: 20, warmUp: 8, growthMiB: 64 },
  long: { times: 800, warmUp: 300, growthMiB: 5 },
  timeout: { short: 90, long: 1200 },
  async run({ size: { times, warmUp, growthMiB } }) {
    const options = { url: inject('brokerUrl'), exchange: unique('exchange'), times, warmUp, atOnce: 4 };
    const end = await runFixture('faults/fixtures/terminated-workers.mjs', options, {
      nodeArguments: ['--expose-gc', '--max-semi-space-size=1'],
    });
    expect(end).toEqual(success(expect.anything()));
    const [{ ended, before, after, seen }] = end.printed as [Outcome];
    expect(ended).toBeGreaterThanOrEqual(times);
    expect(after.threads).toBeLessThanOrEqual(before.threads);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    const growth = (after.rss - before.rss) / MiB;
    expect(growth).toBeLessThan(growthMiB);
    return {
      terminated: ended,
      'MiB when warm': rounded(before.rss / MiB),
      'MiB on the way': seen.map((rss) => rounded(rss / MiB)).join(' '),
      'MiB in the end': rounded(after.rss / MiB),
      'threads left': after.threads - before.threads,
      'descriptors left': after.descriptors - before.descriptors,
    };
  },
});
