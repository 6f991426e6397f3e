/** Decodes that take long, and what ends them. */
import { describe, expect, inject, it, vi } from 'vitest';
import { unique } from '../support/clients.js';
import { Fixture, runFixture, success } from '../support/fixture-program.js';

// To make the pictures takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

describe('while codec threads decode for long', () => {
  it('worker.terminate() takes less than a second, and the threads stop', async () => {
    const ended = { terminatedWithin1s: true, threadsStopped: true };
    expect(await runFixture('process/fixtures/decodes/terminate.mjs', connection())).toEqual(
      success({ how: 'decode', ...ended }, { how: 'receive', ...ended }),
    );
  });

  it('consumer.exit() ends the decode, and process.exit() the process', async () => {
    const program = new Fixture('process/fixtures/decodes/exit.mjs', connection());
    expect(await program.next()).toBe('CLOSED');
    expect(await program.next()).toBe(true);
    expect(await program.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('a signal, the time limit and the memory of all decodes bound them', async () => {
    expect(await runFixture('process/fixtures/decodes/bounds.mjs', {})).toEqual(
      success(true, true, true, 1000, ['LIMIT_EXCEEDED', true], true, 'LIMIT_EXCEEDED', true),
    );
  });
});
