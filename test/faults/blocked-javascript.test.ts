import { expect, inject } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';
import { fault, rounded } from './support/fault.js';

interface Outcome {
  readonly blocked: number;
  readonly inbox: number;
  readonly lost: number;
  readonly connects: readonly number[];
  readonly inOrder: boolean;
  readonly last: string;
}

// With a real broker, which ends a connection that is silent for two or three heartbeats.
fault({
  name: 'blocked-javascript',
  holds: 'heartbeats go on while JavaScript is blocked, with an empty inbox and with a full one',
  short: { heartbeats: 4 },
  long: { heartbeats: 60 },
  timeout: { short: 60, long: 180 },
  async run({ size: { heartbeats } }) {
    const heartbeat = 1000;
    const highWaterMark = 4;
    const options = {
      url: inject('brokerUrl'),
      exchange: unique('exchange'),
      heartbeat,
      highWaterMark,
      blockMs: heartbeats * heartbeat,
    };
    const end = await runFixture('faults/fixtures/blocked-event-loop.mjs', options);
    expect(end).toEqual(success(expect.anything()));
    const [outcome] = end.printed as [Outcome];
    expect(outcome).toMatchObject({ lost: 0, connects: [1, 1], inOrder: true, last: 'afterwards' });
    expect(outcome.blocked).toBeGreaterThanOrEqual(options.blockMs);
    // Full all the while: the socket was not read. The last read may have brought three bodies at once.
    expect(outcome.inbox).toBeGreaterThanOrEqual(highWaterMark);
    expect(outcome.inbox).toBeLessThan(highWaterMark + 3);
    return { 'blocked, s': rounded(outcome.blocked / 1000), 'heartbeat, s': heartbeat / 1000, 'connections lost': 0 };
  },
});
