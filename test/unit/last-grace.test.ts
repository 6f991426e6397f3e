import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { endWhenSettled, unwatch, watch } from '../../lib/last-grace.js';

const before = process.listenerCount('beforeExit');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  expect(process.listenerCount('beforeExit')).toBe(before);
});

/** Node's, when nothing is left to do. */
const endProgram = () => process.emit('beforeExit', 0);

it('a program that left nothing unconfirmed ends at once', () => {
  const producer = { name: 'p', unsettled: 0 };
  watch(producer);
  endProgram();
  expect(vi.getTimerCount()).toBe(0);
  unwatch(producer);
});

it('a program that left messages unconfirmed stays until they are settled', () => {
  const [one, two] = [
    { name: 'one', unsettled: 3 },
    { name: 'two', unsettled: 1 },
  ];
  watch(one);
  watch(two);
  endProgram();
  expect(vi.getTimerCount()).toBe(1);
  one.unsettled = 0;
  endWhenSettled();
  expect(vi.getTimerCount()).toBe(1);
  unwatch(two);
  expect(vi.getTimerCount()).toBe(0);
  unwatch(one);
});

it('what is unconfirmed after five seconds is named in a warning, and the program ends', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const producer = { name: 'camera-1', unsettled: 2 };
  watch(producer);
  endProgram();
  vi.advanceTimersByTime(5_000);
  endProgram();
  expect(vi.getTimerCount()).toBe(0);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('2 messages were not confirmed'), {
    type: 'MatmqWarning',
    code: 'MATMQ_NOT_CONFIRMED',
    detail: "producer 'camera-1'",
  });
  endProgram();
  expect(vi.getTimerCount()).toBe(0);
});
