import { describe, expect, it } from 'vitest';
import { PublishError } from '../../../lib/base/errors.js';
import { Pending } from '../../../lib/base/pending.js';
import type { Receipt } from '../../../lib/producer/receipt.js';
import { Settlements } from '../../../lib/producer/settlements.js';
import { nativeError, outcome } from '../support/fake-addon.js';

const nacked = (sequence: number) => ({ sequence, error: nativeError('publish', 'NACKED', `nack of ${sequence}`) });

function accepted(count: number): [Settlements, (sequence: number) => Receipt] {
  const settlements = new Settlements();
  const receipts = Array.from({ length: count }, (_, i) => settlements.accept(i + 1));
  return [settlements, (sequence) => receipts[sequence - 1] as Receipt];
}

function flush(settlements: Settlements): Promise<void> {
  const pending = new Pending<void>();
  settlements.flush(pending);
  return pending.promise;
}

const listed = (settlements: Settlements) =>
  flush(settlements).then(
    () => [],
    (error: PublishError) => error.failures.map(({ sequence }) => sequence),
  );

describe('a receipt', () => {
  it('is confirmed when its message is settled', async () => {
    const [settlements, receipt] = accepted(3);
    const second = receipt(2).confirmed;
    const third = receipt(3).confirmed;
    settlements.settle([1, 2]);
    await second;
    expect(await outcome(third)).toBe('pending');
    expect(receipt(3).sequence).toBe(3);
  });

  it('gives the same promise each time', () => {
    const [, receipt] = accepted(1);
    expect(receipt(1).confirmed).toBe(receipt(1).confirmed);
  });

  it('rejects with what befell its message, asked before or after', async () => {
    const [settlements, receipt] = accepted(3);
    const early = receipt(2).confirmed;
    settlements.settle([1, 3], [nacked(2), { sequence: 3, error: nativeError('image', 'CANNOT_ENCODE') }]);
    await expect(early).rejects.toThrow('nack of 2');
    await expect(early).rejects.toBeInstanceOf(PublishError);
    await expect(receipt(3).confirmed).rejects.toMatchObject({ name: 'ImageError', code: 'CANNOT_ENCODE' });
    await receipt(1).confirmed;
  });

  it('answers late questions rightly after many chunks of messages', async () => {
    const [settlements, receipt] = accepted(5000);
    settlements.settle([1, 5000], [nacked(1), nacked(1023), nacked(1024), nacked(1025), nacked(4999)]);
    for (const sequence of [1, 1023, 1024, 1025, 4999]) {
      await expect(receipt(sequence).confirmed).rejects.toThrow(`nack of ${sequence}`);
    }
    for (const sequence of [2, 1022, 1026, 2047, 2048, 5000]) await receipt(sequence).confirmed;
  });

  it('is confirmed out of order', async () => {
    const [settlements, receipt] = accepted(6);
    const first = receipt(1).confirmed;
    settlements.settle([5, 6, 3, 3], [nacked(3)]);
    expect(settlements.unsettled).toBe(3);
    await receipt(5).confirmed;
    await expect(receipt(3).confirmed).rejects.toThrow('nack of 3');
    const fourth = receipt(4).confirmed;
    expect(await outcome(fourth)).toBe('pending');
    settlements.settle([1, 2]);
    await first;
    expect(settlements.unsettled).toBe(1);
    settlements.settle([4, 4]);
    await fourth;
    expect(settlements.unsettled).toBe(0);
  });

  it('settles once, whatever is reported again', async () => {
    const [settlements, receipt] = accepted(4);
    settlements.settle([3, 3]);
    settlements.settle([1, 4, 2, 3, 1, 1], [nacked(3)]);
    settlements.settle([3, 4], [nacked(4)]);
    expect(settlements.unsettled).toBe(0);
    await receipt(3).confirmed;
    await receipt(4).confirmed;
    expect(await listed(settlements)).toEqual([]);
  });

  it('is settled in any order of ranges', async () => {
    const count = 3000;
    const [settlements, receipt] = accepted(count);
    // A fixed permutation of ranges of 1 to 7 messages.
    const ranges: [number, number][] = [];
    for (let first = 1; first <= count; ) {
      const last = Math.min(count, first + ((first * 7919) % 7));
      ranges.push([first, last]);
      first = last + 1;
    }
    ranges.sort(([a], [b]) => ((a * 7919) % 1009) - ((b * 7919) % 1009));
    const asked = [1, 500, 1024, 2999].map((sequence) => receipt(sequence).confirmed);
    let rest = count;
    for (const [first, last] of ranges) {
      settlements.settle([first, last]);
      rest -= last - first + 1;
      expect(settlements.unsettled).toBe(rest);
    }
    await Promise.all(asked);
    expect(settlements.awaited).toBe(false);
  });
});

describe('a flush', () => {
  it('resolves at once when nothing is under way', async () => {
    await flush(new Settlements());
  });

  it('waits for what was accepted before it, and not for more', async () => {
    const [settlements] = accepted(2);
    const flushed = flush(settlements);
    settlements.accept(3);
    settlements.settle([2, 2]);
    expect(await outcome(flushed)).toBe('pending');
    settlements.settle([1, 1]);
    await flushed;
    expect(settlements.unsettled).toBe(1);
  });

  it('lists the failures nobody looked at, once, in order', async () => {
    const [settlements, receipt] = accepted(5);
    const looked = receipt(2).confirmed;
    looked.catch(() => {});
    settlements.settle([5, 5, 1, 4], [nacked(5), nacked(4), nacked(2), nacked(1)]);
    receipt(4).confirmed.catch(() => {});
    const error = await flush(settlements).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PublishError);
    expect(error).toMatchObject({
      code: 'PUBLISH_FAILED',
      message: '2 messages were not published: #1: nack of 1; #5: nack of 5',
      failures: [
        { sequence: 1, error: { code: 'NACKED' } },
        { sequence: 5, error: { code: 'NACKED' } },
      ],
    });
    expect(await listed(settlements)).toEqual([]);
    await expect(receipt(1).confirmed).rejects.toThrow('nack of 1');
  });

  it('leaves later failures to the next', async () => {
    const [settlements] = accepted(1);
    const first = flush(settlements);
    settlements.accept(2);
    settlements.settle([1, 2], [nacked(2)]);
    await first;
    expect(await listed(settlements)).toEqual([2]);
  });

  it('does not list what dropOldest dropped', async () => {
    const [settlements, receipt] = accepted(1);
    settlements.settle([1, 1], [{ sequence: 1, error: nativeError('publish', 'DROPPED') }]);
    expect(await listed(settlements)).toEqual([]);
    await expect(receipt(1).confirmed).rejects.toMatchObject({ name: 'PublishError', code: 'DROPPED' });
  });

  it('that was given up leaves the failures to the next', async () => {
    const [settlements] = accepted(1);
    const pending = new Pending<void>();
    settlements.flush(pending);
    pending.giveUp('enough');
    settlements.settle([1, 1], [nacked(1)]);
    await expect(pending.promise).rejects.toBe('enough');
    expect(await listed(settlements)).toEqual([1]);
  });

  it('names the first failures and counts the rest', async () => {
    const [settlements] = accepted(20_000);
    settlements.settle(
      [1, 20_000],
      Array.from({ length: 20_000 }, (_, i) => nacked(i + 1)),
    );
    await expect(flush(settlements)).rejects.toMatchObject({
      message: '20000 messages were not published: #1: nack of 1; #2: nack of 2; #3: nack of 3; and 19997 more',
      failures: { length: 10_000 },
    });
  });
});

describe('the end', () => {
  it('fails what is left', async () => {
    const [settlements, receipt] = accepted(4);
    const asked = receipt(4).confirmed;
    settlements.settle([3, 3]);
    settlements.failRest(nativeError('publish', 'NOT_CONFIRMED'));
    await expect(asked).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    await receipt(3).confirmed;
    expect(await listed(settlements)).toEqual([1, 2]);
  });
});

describe('waiting', () => {
  it('is announced when it begins and when it ends', () => {
    const awaited: boolean[] = [];
    const settlements: Settlements = new Settlements(() => awaited.push(settlements.awaited));
    const receipt = settlements.accept(1);
    void receipt.confirmed;
    settlements.settle([1, 1]);
    expect(awaited).toEqual([true, false]);
    settlements.accept(2);
    settlements.flush(new Pending<void>());
    settlements.settle([2, 2]);
    expect(awaited).toEqual([true, false, true, false]);
  });
});

describe('what nobody was told of', () => {
  const messages = (count: number) => accepted(count)[0];

  it('is counted with the first of it, once', () => {
    const settlements = messages(5);
    settlements.settle([1, 5], [nacked(2), nacked(4)]);
    const first = { sequence: 2, code: 'NACKED', message: 'nack of 2' };
    expect(settlements.takeUnreported()).toEqual({ count: 2, first });
    expect(settlements.takeUnreported()).toBeUndefined();
  });

  it('is neither what a flush has listed nor what was asked for', async () => {
    const [settlements, receipt] = accepted(5);
    const early = receipt(3).confirmed;
    settlements.settle([1, 5], [nacked(2), nacked(3), nacked(4)]);
    await expect(early).rejects.toThrow('nack of 3');
    await expect(receipt(4).confirmed).rejects.toThrow('nack of 4');
    expect(await listed(settlements)).toEqual([2]);
    expect(settlements.takeUnreported()).toBeUndefined();
  });

  it('is not what the program itself wished to be dropped, but what failed in another way', async () => {
    const settlements = messages(6);
    settlements.settle([1, 2], [nacked(2), { sequence: 1, error: nativeError('publish', 'DROPPED') }]);
    settlements.drop();
    settlements.settle([3, 3], [nacked(3)]);
    settlements.failRest(nativeError('publish', 'NOT_CONFIRMED'));
    expect(settlements.takeUnreported()).toMatchObject({ count: 2, first: { sequence: 2 } });
    expect(await listed(settlements)).toEqual([2, 3, 4, 5, 6]);
  });

  it('is what the end of the connection left unconfirmed, beyond the list, too', () => {
    const settlements = messages(12_000);
    settlements.failRest(nativeError('publish', 'NOT_CONFIRMED'));
    expect(settlements.takeUnreported()).toMatchObject({ count: 12_000, first: { sequence: 1 } });
    expect(settlements.takeUnreported()).toBeUndefined();
  });
});
