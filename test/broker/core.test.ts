// The tests of the C++ core, which are doctest programs; their output is shown when one fails.
import { describe, expect, inject, it } from 'vitest';
import { outputOf } from '../support/child-program.js';
import { ownTlsBroker } from '../support/own-broker.js';

const run = (program: string, env: NodeJS.ProcessEnv) => outputOf([`build/core/test/core/${program}`], { env });

describe('the C++ core', { timeout: 120_000 }, () => {
  it.each(['core-tests', 'broker-tests'])('passes its %s', async (program) => {
    expect(await run(program, { AMQP_URL: inject('brokerUrl') })).toMatch(/\b0 failed/);
  });

  it('passes its broker-tests by TLS', async () => {
    const { broker } = await ownTlsBroker();
    expect(await run('broker-tests', { AMQP_URL: broker.tlsUrl, MATMQ_CA: broker.caFile })).toMatch(/\b0 failed/);
  });
});
