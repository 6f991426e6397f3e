import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject } from 'vitest';
import { unique } from '../support/clients.js';
import { fault, rounded } from './support/fault.js';

const exec = promisify(execFile);
const FIXTURE = fileURLToPath(new URL('./fixtures/terminates.mjs', import.meta.url));
const MiB = 1024 * 1024;

interface Usage {
  readonly rss: number;
  readonly descriptors: number;
  readonly threads: number;
}

fault({
  name: 'terminated-workers',
  holds: 'workers terminated in the middle of their traffic leave no thread and no descriptor, and memory stays flat',
  // What V8 and malloc keep for the next worker comes with the first ones: the short form finds what leaks whole bodies.
  short: { times: 20, warmUp: 8, growthMiB: 64 },
  long: { times: 800, warmUp: 300, growthMiB: 5 },
  timeout: { short: 90, long: 1200 },
  async run({ size: { times, warmUp, growthMiB } }) {
    const options = { url: inject('brokerUrl'), exchange: unique('exchange'), times, warmUp, atOnce: 4 };
    const { stdout } = await exec(
      process.execPath,
      ['--expose-gc', '--max-semi-space-size=1', FIXTURE, JSON.stringify(options)],
      {
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    const { ended, before, after, seen } = JSON.parse(stdout) as {
      ended: number;
      before: Usage;
      after: Usage;
      seen: readonly number[];
    };
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
