// Who may read which memory, and for how long.
import { describe, expect, inject, it } from 'vitest';
import { unique } from '../support/clients.js';
import { run, well } from '../support/programs.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });
/** As under Electron: no external memory for JavaScript, no hold of JavaScript's. */
const COPIES = { MATMQ_TEST_COPY_MEMORY: '1' };

describe('memory that a program transfers to somebody else while native threads read it', () => {
  it('stays until they are done', async () => {
    const end = await run('transfers.mjs', { ...connection(), rounds: 10 }, ['--expose-gc']);
    expect(end).toEqual(well({ done: 50 }));
  });
});

describe('where a runtime allows no external memory', () => {
  it('bodies and pixels are copied, each way', async () => {
    const end = await run('round-trip.mjs', connection(), [], undefined, COPIES);
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '', said: [{ equal: true }] });
  });

  it('memory that is transferred was copied', async () => {
    const end = await run('transfers.mjs', { ...connection(), rounds: 4 }, ['--expose-gc'], undefined, COPIES);
    expect(end).toEqual(well({ done: 20 }));
  });

  it('raw matrices, released bodies and workers are as ever', async () => {
    const end = await run('gives-frames.mjs', connection(), ['--expose-gc'], undefined, COPIES);
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    const workers = await run('workers.mjs', { ...connection(), workers: 2 }, [], undefined, COPIES);
    expect(workers).toEqual(well(...Array.from({ length: 2 }, () => ({ message: 20, code: 0 }))));
  });
});
