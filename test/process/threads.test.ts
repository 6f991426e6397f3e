import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { unique } from '../support/clients.js';
import { run, well } from '../support/programs.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

describe('workers', () => {
  it('several at once send and receive, each its own', async () => {
    const end = await run('workers.mjs', { ...connection(), workers: 4 });
    expect(end).toEqual(well(...Array.from({ length: 4 }, () => ({ message: 20, code: 0 }))));
  });

  it('terminated in the middle of traffic harm nobody, however often', async () => {
    expect(await run('terminates.mjs', { ...connection(), times: 24 })).toEqual(well(0));
  });

  it('may end while a codec thread is at the body they received', async () => {
    expect(await run('ends-while-decoding.mjs', connection())).toEqual(well('still here'));
  });
});

describe('without a connection', () => {
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'matmq-process-'));
    onTestFinished(() => rm(made, { recursive: true }));
    return made;
  };

  it('encoding, decoding and files keep a program alive until they are done, and no longer', async () => {
    expect(await run('codecs.mjs', { folder: await folder() })).toEqual(well(0));
  });

  it('workers may end while a codec thread is at their memory, and leave no half file', async () => {
    expect(await run('ends-while-encoding.mjs', { folder: await folder() })).toEqual(well('still here'));
  });
});

describe('processes', () => {
  it('that give their frames away hold no more than one or two of them', async () => {
    const frame = 1920 * 1080 * 3;
    const end = await run('gives-frames.mjs', connection());
    expect(end).toEqual(well(expect.any(Number)));
    expect(end.said[0]).toBeLessThan(3 * frame);
  });

  it('forked from one that is connected have connections of their own', async () => {
    const end = await run('forks.mjs', connection());
    expect(end).toEqual(well('before', 'from the child', [0, null], 'after'));
  });
});
