// The build of binding.gyp, which setup --tests makes beside the one of CMake, from the same list of sources.
import { fileURLToPath } from 'node:url';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

it('the addon that node-gyp builds does the same work', async () => {
  const addon = fileURLToPath(new URL('../../.cache/gyp/build/Release/matmq.node', import.meta.url));
  vi.stubEnv('MATMQ_ADDON', addon);
  onTestFinished(() => void vi.unstubAllEnvs());
  const end = await runFixture('support/fixtures/round-trip.mjs', {
    url: inject('brokerUrl'),
    exchange: unique('exchange'),
  });
  expect(end).toEqual(success({ equal: true, addons: [addon] }));
});
