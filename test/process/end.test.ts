import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { numbered, openConsumer, openPair, ownQueue, receiveTexts, sendAll, unique } from '../support/clients.js';
import { Fixture, runFixture, success } from '../support/fixture-program.js';
import { freeze } from '../support/freeze.js';
import { ownBroker } from '../support/own-broker.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

describe('a program', () => {
  it('that does not call exit() ends', async () => {
    expect(await runFixture('process/fixtures/end/without-exit.mjs', connection())).toEqual(success('text', 600));
  });

  it('that leaves a producer open with unconfirmed messages delivers them', async () => {
    const options = connection();
    const consumer = await openConsumer({ ...options, queue: ownQueue() });
    expect(await runFixture('process/fixtures/end/leaves-messages.mjs', options)).toEqual(success());
    for (let i = 0; i < 10; i++) expect((await consumer.receiveImage()).rows).toBe(600);
    expect(await receiveTexts(consumer, 500)).toEqual(numbered(500));
  });

  it('whose last messages are not confirmed is warned, and ends', async () => {
    const broker = await ownBroker();
    const program = new Fixture('process/fixtures/end/unconfirmed.mjs', { url: broker.url, name: 'camera-1' });
    expect(await program.next()).toBe('connected');
    await freeze(broker);
    program.kill('SIGUSR2');
    const { code, signal, stderr } = await program.end();
    expect([code, signal]).toEqual([0, null]);
    expect(stderr).toContain('MATMQ_NOT_CONFIRMED');
    expect(stderr).toContain('1 message was not confirmed');
    expect(stderr).toContain("'camera-1'");
    expect(stderr).not.toContain('guest');
  });

  it('that waits for a message stays until it comes', async () => {
    const { exchange, producer } = await openPair();
    const program = new Fixture('process/fixtures/end/waits.mjs', { url: inject('brokerUrl'), exchange });
    expect(await program.next()).toBe('waiting');
    // Long enough for a program with nothing to wait for to be gone.
    await delay(300);
    await producer.send('at last');
    expect(await program.end()).toEqual(success('at last'));
  });

  it('that waits for nothing ends, its consumer open or not', async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue });
    await consumer.exit();
    await sendAll(producer, numbered(10));
    expect(
      await runFixture('process/fixtures/end/open-consumer.mjs', { url: inject('brokerUrl'), exchange, queue }),
    ).toEqual(success('0'));
  });

  it('that ignores every failure has no unhandled rejection', async () => {
    const { stderr, printed, ...end } = await runFixture('process/fixtures/end/ignores-failures.mjs', connection());
    expect(end).toEqual({ code: 0, signal: null });
    expect(
      printed.filter((line) => line !== 'end' && !String(Object.values(line as object)).includes('Warning')),
    ).toEqual([]);
    expect(stderr.replace(/^.*MATMQ_PUBLISH_FAILED.*$/gm, '')).not.toContain('Error');
  });

  it.each(['end', 'exit'])('whose messages failed is warned when it did not look at them (%s)', async (how) => {
    const { stderr, ...end } = await runFixture('process/fixtures/end/unobserved-failures.mjs', {
      ...connection(),
      how,
    });
    expect(end).toEqual({ code: 0, signal: null, printed: ['MATMQ_PUBLISH_FAILED'] });
    expect(stderr).toContain('20 messages were not published, and nobody asked: the first is #1, UNROUTABLE');
    expect(stderr).toContain("'camera-1'");
  });

  it.each([
    ['flush', [20]],
    ['flushAndExit', [20]],
    ['beforeExit', [20]],
    ['asked', []],
  ])('whose messages failed learns it once when it looks at them (%s)', async (how, printed) => {
    expect(await runFixture('process/fixtures/end/unobserved-failures.mjs', { ...connection(), how })).toEqual(
      success(...printed),
    );
  });

  it('that drops its messages by exit() is not warned of those', async () => {
    const { code, printed, stderr } = await runFixture('process/fixtures/end/unobserved-failures.mjs', {
      ...connection(),
      how: 'exit at once',
    });
    expect(code).toBe(0);
    // What the broker had returned before is another matter: some, none or all of them.
    if (printed.length > 0) expect(stderr).toContain('UNROUTABLE');
    expect(stderr).not.toContain('NOT_CONFIRMED');
  });
});

describe('in the middle of traffic, a program', () => {
  it.each([
    ['exit', 7],
    ['throw', 1],
    ['reject', 1],
  ])('ended by %s has the exit code %i', async (how, code) => {
    for (let i = 0; i < 5; i++) {
      const end = await runFixture('process/fixtures/end/mid-traffic.mjs', { ...connection(), how });
      expect(end).toMatchObject({ code, signal: null, printed: ['busy'] });
      if (how === 'exit') expect(end.stderr).toBe('');
      else expect(end.stderr).toContain('Error: on purpose');
    }
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('ended by %s ends by it', async (signal) => {
    const program = new Fixture('process/fixtures/end/mid-traffic.mjs', connection());
    expect(await program.next()).toBe('busy');
    program.kill(signal);
    expect(await program.end()).toEqual({ code: null, signal, stderr: '', printed: [] });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('that flushes at %s loses nothing', async (signal) => {
    const options = connection();
    const consumer = await openConsumer({ ...options, queue: ownQueue() });
    const program = new Fixture('process/fixtures/end/flushes-on-signal.mjs', { ...options, signal });
    expect(await program.next()).toBe('sending');
    expect(await receiveTexts(consumer, 100)).toEqual(numbered(100));
    program.kill(signal);
    const end = await program.end();
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    const [sent] = end.printed as [number];
    expect(await receiveTexts(consumer, sent - 100)).toEqual(numbered(sent - 100, 100));
  });

  it("that is killed leaves the message it works on and all behind it to others, with ack 'auto'", async () => {
    const queue = ownQueue();
    const { exchange, producer, consumer } = await openPair({ queue });
    await consumer.exit();
    await sendAll(producer, numbered(10));
    const program = new Fixture('process/fixtures/end/holds-messages.mjs', {
      url: inject('brokerUrl'),
      exchange,
      queue,
      prefetch: 4,
    });
    expect([await program.next(), await program.next(), await program.next()]).toEqual(['0', '1', '2']);
    program.kill('SIGKILL');
    await program.end();
    const other = await openConsumer({ exchange, queue, prefetch: 1 });
    const message = await other.receive();
    // The acknowledgement of what was before it may have been lost with the program, which is why it is at least once.
    const first = Number(message.text());
    expect(first).toBeLessThanOrEqual(2);
    expect(message.redelivered).toBe(true);
    expect(await receiveTexts(other, 9 - first)).toEqual(numbered(9 - first, first + 1));
  });
});
