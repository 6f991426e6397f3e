// The tests of the C++ core, which are doctest programs; their output is shown when one fails.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';

const exec = promisify(execFile);
const AMQP_URL = inject('brokerUrl');

async function run(program: string): Promise<string> {
  const { stdout } = await exec(`build/core/test/core/${program}`, { env: { ...process.env, AMQP_URL } });
  return stdout;
}

describe('the C++ core', () => {
  it.each(['core-tests', 'broker-tests'])('passes its %s', { timeout: 120_000 }, async (program) => {
    expect(await run(program)).toMatch(/\b0 failed/);
  });
});
