import { expect } from 'vitest';
import { beyond, held, runMatrix } from '../support/fake/matrix.js';
import { fault, rounded } from './support/fault.js';

fault({
  name: 'injections',
  holds: 'whatever a peer injects at whatever step, every promise settles, every error is typed, and nothing is left',
  short: { sample: 400 },
  long: { sample: undefined },
  timeout: { short: 120, long: 1200 },
  async run({ size: { sample }, random, step }) {
    await runMatrix({ random, sample: 1 }); // what is loaded and started once
    const before = held();
    const cpu = process.cpuUsage();
    step('the cases');
    const { steps, cases, fired, codes, faults } = await runMatrix({ random, sample });
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = (user + system) / 1000 / cases;
    expect(faults).toEqual([]);
    expect(fired).toBeGreaterThan(cases * 0.9);
    // A client that spins burns a core for the seconds it takes to find a silent peer.
    expect(cpuMs).toBeLessThan(500);
    step('descriptors and threads to be released');
    await expect.poll(() => beyond(before)).toEqual({ descriptors: 0, threads: 0 });
    return {
      'steps of a producer': steps.producer,
      'of a consumer': steps.consumer,
      cases,
      'connections refused': sum(codes, 'connect '),
      'connections lost and made again': sum(codes, 'lost '),
      'processor ms a case, both ends': rounded(cpuMs),
      'descriptors left': 0,
      'threads left': 0,
    };
  },
});

function sum(codes: { readonly [code: string]: number }, from: string): number {
  return Object.entries(codes).reduce((total, [code, count]) => total + (code.startsWith(from) ? count : 0), 0);
}
