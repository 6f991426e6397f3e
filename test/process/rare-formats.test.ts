import { expect, inject, it } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

it('libtiff is loaded for the first TIFF and not before, imgcodecs never', async () => {
  const end = await runFixture('process/fixtures/rare-formats.mjs', connection());
  expect(end).toEqual(success([], 'CANNOT_DECODE', [], 'CV_8UC3', ['libtiff'], 20));
});

it('without libtiff a TIFF is an error that says what to install, and nothing else suffers', async () => {
  const end = await runFixture('process/fixtures/rare-formats.mjs', {
    ...connection(),
    library: 'libtiff-that-is-not-there.so',
  });
  const missing = {
    code: 'CODEC_MISSING',
    message: expect.stringMatching(/libtiff-that-is-not-there\.so.*install it \(Debian: libtiff6\).*MATMQ_LIBTIFF/),
  };
  expect(end).toEqual(success([], 'CANNOT_DECODE', [], missing, [], 20));
});
