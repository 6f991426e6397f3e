import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  endGracePeriodWhenSettled,
  markEnded,
  unwatch,
  type WatchedProducer,
  watch,
} from '../../../lib/producer/exit-warning.js';
import type { UnreportedFailures } from '../../../lib/producer/settlements.js';

const before = process.listenerCount('beforeExit');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  expect(process.listenerCount('beforeExit')).toBe(before);
});

/** Node's, when nothing is left to do; what it puts off has been done, too. */
const endProgram = async () => {
  process.emit('beforeExit', 0);
  await new Promise<void>((resolve) => process.nextTick(resolve));
};

const warnings = () => vi.spyOn(process, 'emitWarning').mockImplementation(() => {});

const producerOf = (name: string, unsettled = 0, unreported?: UnreportedFailures) => {
  let left = unreported;
  return {
    name,
    unsettled,
    takeUnreported() {
      const taken = left;
      left = undefined;
      return taken;
    },
  } satisfies WatchedProducer;
};

const failed = (count: number): UnreportedFailures => ({
  count,
  first: { sequence: 3, code: 'UNROUTABLE', message: 'nobody is there' },
});

it('a program that left nothing unconfirmed ends at once', async () => {
  const warn = warnings();
  const producer = producerOf('p');
  watch(producer);
  await endProgram();
  expect(vi.getTimerCount()).toBe(0);
  expect(warn).not.toHaveBeenCalled();
  unwatch(producer);
});

it('a program that left messages unconfirmed stays until they are settled', async () => {
  const [one, two] = [producerOf('one', 3), producerOf('two', 1)];
  watch(one);
  watch(two);
  await endProgram();
  expect(vi.getTimerCount()).toBe(1);
  one.unsettled = 0;
  endGracePeriodWhenSettled();
  expect(vi.getTimerCount()).toBe(1);
  unwatch(two);
  expect(vi.getTimerCount()).toBe(0);
  unwatch(one);
});

it('what is unconfirmed after five seconds is named in a warning, and the program ends', async () => {
  const warn = warnings();
  const producer = producerOf('camera-1', 2);
  watch(producer);
  await endProgram();
  vi.advanceTimersByTime(5_000);
  await endProgram();
  expect(vi.getTimerCount()).toBe(0);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('2 messages were not confirmed'), {
    type: 'MatmqWarning',
    code: 'MATMQ_NOT_CONFIRMED',
    detail: "producer 'camera-1'",
  });
  await endProgram();
  expect(vi.getTimerCount()).toBe(0);
});

it('failures that nobody was told of are counted once when the program ends', async () => {
  const warn = warnings();
  const producer = producerOf('camera-1', 0, failed(2));
  watch(producer);
  await endProgram();
  await endProgram();
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    '2 messages were not published, and nobody asked: the first is #3, UNROUTABLE: nobody is there; ' +
      'await flush() or flushAndExit() to be told',
    { type: 'MatmqWarning', code: 'MATMQ_PUBLISH_FAILED', detail: "producer 'camera-1'" },
  );
  unwatch(producer);
  expect(warn).toHaveBeenCalledOnce();
});

it('failures that a listener of the end comes for are not told twice', async () => {
  const warn = warnings();
  const producer = producerOf('camera-1', 0, failed(1));
  watch(producer);
  process.once('beforeExit', () => void producer.takeUnreported());
  await endProgram();
  expect(warn).not.toHaveBeenCalled();
  unwatch(producer);
});

it('failures that nobody was told of are counted when the producer is closed', () => {
  const warn = warnings();
  const producer = producerOf('camera-1', 0, failed(1));
  watch(producer);
  unwatch(producer);
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('1 message was not published, and nobody asked: #3, UNROUTABLE'),
    expect.objectContaining({ code: 'MATMQ_PUBLISH_FAILED' }),
  );
});

it('producers that ended and were not closed are remembered until the end, but not without bound', async () => {
  const warn = warnings();
  for (let i = 0; i < 20; i++) {
    const producer = producerOf(`p${i}`, 0, failed(1));
    watch(producer);
    markEnded(producer);
  }
  const named = () =>
    warn.mock.calls.map((call) => (call as unknown[])[1]).map((about) => (about as { detail: string }).detail);
  expect(named()).toEqual(['p0', 'p1', 'p2', 'p3'].map((name) => `producer '${name}'`));
  await endProgram();
  expect(named()).toHaveLength(20);
});
