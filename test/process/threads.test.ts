import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

describe('workers', () => {
  it('several at once send and receive, each its own', async () => {
    const end = await runFixture('process/fixtures/threads/workers.mjs', { ...connection(), workers: 4 });
    expect(end).toEqual(success(...Array.from({ length: 4 }, () => ({ message: 20, code: 0 }))));
  });

  it('terminated in the middle of traffic disturb no other thread, however often', async () => {
    expect(await runFixture('process/fixtures/threads/terminated-workers.mjs', { ...connection(), times: 24 })).toEqual(
      success(0),
    );
  });

  it('may end while a codec thread is at the body they received', async () => {
    expect(await runFixture('process/fixtures/threads/ends-while-decoding.mjs', connection())).toEqual(
      success('still here'),
    );
  });
});

describe('without a connection', () => {
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'matmq-process-'));
    onTestFinished(() => rm(made, { recursive: true }));
    return made;
  };

  it('encoding, decoding and files keep a program alive until they are done, and no longer', async () => {
    expect(await runFixture('process/fixtures/threads/codecs.mjs', { folder: await folder() })).toEqual(success(0));
  });

  it('workers may end while a codec thread is at their memory, and leave no half file', async () => {
    expect(await runFixture('process/fixtures/threads/ends-while-encoding.mjs', { folder: await folder() })).toEqual(
      success('still here'),
    );
  });
});

describe('processes', () => {
  it('that transfer their frames hold no more than one or two of them', async () => {
    const frame = 1920 * 1080 * 3;
    const end = await runFixture('support/fixtures/transfers-frames.mjs', connection());
    expect(end).toEqual(success(expect.any(Number)));
    expect(end.printed[0]).toBeLessThan(3 * frame);
  });

  it('forked from one that is connected have connections of their own', async () => {
    const end = await runFixture('process/fixtures/threads/forks.mjs', connection());
    expect(end).toEqual(success('before', 'from the child', [0, null], 'after'));
  });
});
