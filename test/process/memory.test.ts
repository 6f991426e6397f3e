// Who may read which memory, and for how long.
import { describe, expect, inject, it } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });
/** As under Electron: no external memory for JavaScript, no hold of JavaScript's. */
const COPIES = { MATMQ_TEST_COPY_MEMORY: '1' };

describe('memory that a program transfers to somebody else while native threads read it', () => {
  it('stays until they are done', async () => {
    const end = await runFixture(
      'support/fixtures/transfers.mjs',
      { ...connection(), rounds: 10 },
      { nodeArguments: ['--expose-gc'] },
    );
    expect(end).toEqual(success({ done: 50 }));
  });
});

describe('received bodies', () => {
  it.each([{ env: {} }, { env: COPIES }])('that a worker gave away stay when it has ended ($env)', async ({ env }) => {
    const end = await runFixture(
      'process/fixtures/memory/bodies-outlive-worker.mjs',
      { ...connection(), queue: unique('queue'), count: 100 },
      { nodeArguments: ['--expose-gc'], env },
    );
    expect(end).toEqual(success({ whole: true, distinct: true }));
  });

  it('have memory of their own: a program that keeps one in a hundred holds no other', async () => {
    const count = 30_000;
    const end = await runFixture(
      'process/fixtures/memory/keeps-some-bodies.mjs',
      { ...connection(), count },
      { nodeArguments: ['--expose-gc'] },
    );
    expect(end).toMatchObject({ code: 0, stderr: '', printed: [{ kept: count / 100, aligned: true, whole: true }] });
    const [{ held }] = end.printed as [{ held: number }];
    expect(held).toBeGreaterThan(0.99);
    expect(held).toBeLessThan(1.1);
  });
});

describe('where a runtime allows no external memory', () => {
  it('bodies and pixels are copied, each way', async () => {
    const end = await runFixture('support/fixtures/round-trip.mjs', connection(), { env: COPIES });
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '', printed: [{ equal: true }] });
  });

  it('memory that is transferred was copied', async () => {
    const end = await runFixture(
      'support/fixtures/transfers.mjs',
      { ...connection(), rounds: 4 },
      { nodeArguments: ['--expose-gc'], env: COPIES },
    );
    expect(end).toEqual(success({ done: 20 }));
  });

  it('raw matrices, released bodies and workers do as elsewhere', async () => {
    const end = await runFixture('support/fixtures/transfers-frames.mjs', connection(), {
      nodeArguments: ['--expose-gc'],
      env: COPIES,
    });
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    const workers = await runFixture(
      'process/fixtures/threads/workers.mjs',
      { ...connection(), workers: 2 },
      { env: COPIES },
    );
    expect(workers).toEqual(success(...Array.from({ length: 2 }, () => ({ message: 20, code: 0 }))));
  });
});
