/**
 * Tests under faults. Each has a short form, which `npm test` runs, and a long one, which `npm run test:faults` runs:
 * the same code with other numbers. Each prints one line with its seed and its figures and leaves them in build/faults.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { Random } from '../../support/random.js';

/** Measured, and named with their units. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Run<Size> {
  readonly size: Size;
  readonly random: Random;
  /** Says what is waited for, should the time run out. */
  readonly step: (what: string) => void;
}

interface Fault<Size> {
  /** What `--only` chooses by, and the file of the figures is called. */
  readonly name: string;
  /** What holds, as a sentence. */
  readonly holds: string;
  readonly short: Size;
  readonly long: Size;
  /** Upper bounds in seconds, generous. */
  readonly timeout: { readonly short: number; readonly long: number };
  readonly run: (run: Run<Size>) => Promise<Figures>;
}

const long = process.env.MATMQ_FAULTS === 'long';
const trace = process.env.MATMQ_FAULTS_TRACE !== undefined;
const FOLDER = fileURLToPath(new URL('../../../build/faults/', import.meta.url));

/** Defines a test. `run` injects the fault, holds what comes of it against what was promised, and returns figures. */
export function fault<Size>({ name, holds, short, long: full, timeout, run }: Fault<Size>): void {
  const form = long ? 'long' : 'short';
  const title = `${name}: ${holds}`;
  // Our own time-out comes first: it knows what was waited for.
  it(title, { timeout: 1000 * (timeout[form] + 30) }, async () => {
    const seed = Number(process.env.MATMQ_FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
    const began = performance.now();
    const report = (outcome: 'held' | 'FAILED', figures: Figures) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const words = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
      // Not console.log: vitest would put a heading of several lines above each.
      process.stdout.write(`${name} (${form}, seed ${seed}) ${outcome} in ${seconds} s: ${words.join(', ')}\n`);
      mkdirSync(FOLDER, { recursive: true });
      const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model };
      const record = { name, holds, form, seed, outcome, seconds: Number(seconds), size: full, figures, machine };
      const json = JSON.stringify({ ...record, size: long ? full : short, at: new Date().toISOString() }, null, 2);
      writeFileSync(`${FOLDER}${name}${long ? '' : '.short'}.json`, `${json}\n`);
    };
    let doing = 'beginning';
    const step = (what: string) => {
      doing = what;
      if (trace) process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}\n`);
    };
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not done in ${timeout[form]} s`)), 1000 * timeout[form]);
    });
    try {
      const size = long ? full : short;
      report('held', await Promise.race([run({ size, random: new Random(seed), step }), tooLong]));
    } catch (error) {
      const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
      report('FAILED', { while: doing, error: message });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Rounded for a table. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
