/** What the system refuses is an error that says which limit it was, and passes. */
import { expect, inject, it } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture } from '../support/fixture-program.js';

it.each(['127.0.0.1', 'localhost'])(
  'without descriptors for a connection to %s, the error names their limit',
  async (host) => {
    const url = inject('brokerUrl').replace('127.0.0.1', host);
    const { code, stderr, printed } = await runFixture(
      'process/fixtures/few-descriptors.mjs',
      { url, exchange: unique('exchange') },
      { node: 'prlimit', nodeArguments: ['--nofile=100:100', process.execPath] },
    );
    expect({ code, stderr, last: printed.at(-1) }).toEqual({ code: 0, stderr: '', last: 'connected' });
    const errors = printed.slice(0, -1);
    expect(errors.length).toBeGreaterThan(1);
    for (const error of errors) expect(error).toEqual(['OUT_OF_RESOURCES', true]);
  },
);
