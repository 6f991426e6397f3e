import { describe, expect, inject, it } from 'vitest';
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

describe('processes', () => {
  it('forked from one that is connected have connections of their own', async () => {
    const end = await run('forks.mjs', connection());
    expect(end).toEqual(well('before', 'from the child', [0, null], 'after'));
  });
});
