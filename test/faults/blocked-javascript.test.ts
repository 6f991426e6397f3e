import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject } from 'vitest';
import { unique } from '../support/clients.js';
import { fault, rounded } from './support/fault.js';

const exec = promisify(execFile);
const FIXTURE = fileURLToPath(new URL('./fixtures/blocks.mjs', import.meta.url));

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
    const { stdout } = await exec(process.execPath, [FIXTURE, JSON.stringify(options)], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const outcome = JSON.parse(stdout) as Outcome;
    expect(outcome).toMatchObject({ lost: 0, connects: [1, 1], inOrder: true, last: 'afterwards' });
    expect(outcome.blocked).toBeGreaterThanOrEqual(options.blockMs);
    // Full all the while: the socket was not read.
    expect(outcome.inbox).toBe(highWaterMark);
    return { 'blocked, s': rounded(outcome.blocked / 1000), 'heartbeat, s': heartbeat / 1000, 'connections lost': 0 };
  },
});
