import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

it('without GnuTLS an amqps: connection says what to install, and amqp: goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'matmq-no-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  // The loader looks here first, and does not look further when it finds no library in the file.
  await writeFile(join(folder, 'libgnutls.so.30'), '');
  const end = await runFixture(
    'process/fixtures/tls-unavailable.mjs',
    { url: inject('brokerUrl'), exchange: unique('exchange') },
    { env: { LD_LIBRARY_PATH: folder } },
  );
  const unavailable = {
    name: 'ConnectionError',
    code: 'TLS_UNAVAILABLE',
    message: expect.stringMatching(/libgnutls\.so\.30.*Install it: libgnutls30 on Debian/s),
  };
  expect(end).toEqual(success(unavailable, unavailable, 'plain'));
});
