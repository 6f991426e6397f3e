/** The bodies of test/data/hostile through the public interface; the core's tests have them without Node. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mat, MatmqError } from 'matmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConsumer, unique } from '../../support/clients.js';
import { ownBroker } from '../../support/own-broker.js';
import { python } from '../../support/python.js';

const SOON_MS = 100;
const LITTLE_KIB = 64 * 1024; // what JavaScript itself takes meanwhile included

interface Hostile {
  readonly number: string;
  /** The body alone says what it is: no property is needed to understand it. */
  readonly bare: boolean;
  /** RabbitMQ lets it pass. */
  readonly brokered: boolean;
  readonly code: string;
  readonly name: string;
}

const folder = mkdtempSync(join(tmpdir(), 'matmq-hostile-'));
let hostiles: readonly Hostile[] = [];

const makeBodies = (...args: string[]) => python('data/hostile/make_bodies.py', args);

beforeAll(async () => {
  await makeBodies('write', folder);
  const lines = readFileSync(join(folder, 'index.tsv'), 'utf8').trimEnd().split('\n');
  hostiles = lines.map((line) => {
    const [number = '', bare, brokered, code = '', name = ''] = line.split('\t');
    return { number, bare: bare === 'bare', brokered: brokered === 'brokered', code, name };
  });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** What the promise rejects with, or what it resolves to when it should not. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    return `resolved to ${await promise}`;
  } catch (error) {
    return error instanceof MatmqError ? error.code : `not one of our errors: ${error}`;
  }
}

/** The most memory the process has had since it was last asked, in KiB. */
function highestMemory(): number {
  const height = Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  writeFileSync('/proc/self/clear_refs', '5');
  return height;
}

const memoryNow = () => Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

interface Cost {
  readonly milliseconds: number;
  readonly kibibytes: number;
}

/** Processor time of all threads, because a busy machine takes any time by the clock; the best of a few tries. */
async function costOf(work: () => Promise<void>): Promise<Cost> {
  let best = { milliseconds: Number.POSITIVE_INFINITY, kibibytes: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 5 && (best.milliseconds > SOON_MS || best.kibibytes > LITTLE_KIB); i++) {
    highestMemory();
    const before = memoryNow();
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    best = {
      milliseconds: Math.min(best.milliseconds, (user + system) / 1000),
      kibibytes: Math.min(best.kibibytes, highestMemory() - before),
    };
  }
  return best;
}

describe('a hostile body', () => {
  it('is one of a thousand and more', () => {
    expect(hostiles.length).toBeGreaterThan(1000);
    expect(new Set(hostiles.map(({ name }) => name)).size).toBe(hostiles.length);
  });

  it('ends in its error when it is decoded, within 100 ms and 64 MiB', { timeout: 300_000 }, async () => {
    const wrong: unknown[] = [];
    for (const { number, bare, code, name } of hostiles) {
      if (!bare) continue;
      const body = readFileSync(join(folder, `${number}.body`));
      let received = '';
      const cost = await costOf(async () => {
        received = await outcome(Mat.decode(body));
      });
      if (received !== code || cost.milliseconds > SOON_MS || cost.kibibytes > LITTLE_KIB) {
        wrong.push({ name, code, received, ...cost });
      }
    }
    expect(wrong).toEqual([]);
  });

  it('from a broker ends in its error, and the good message behind it arrives', { timeout: 300_000 }, async () => {
    // The largest of them are above the stock limit of RabbitMQ 4, 16 MiB.
    const broker = await ownBroker({ config: 'max_message_size = 134217728' });
    const exchange = unique('exchange');
    const consumer = await openConsumer({ url: broker.url, exchange, prefetch: 200 });
    const published = makeBodies('publish', broker.url, exchange, 'my_key_1');
    // When it fails, nothing arrives any more: its complaint is what the test ends with.
    published.catch(() => consumer.exit());
    const wrong: unknown[] = [];
    const brokered = hostiles.filter((hostile) => hostile.brokered);
    for (const { code, name } of brokered) {
      const received = await outcome(consumer.receiveImage());
      const good = await consumer.receive().then(
        (message) => message.text(),
        (error: unknown) => `${error}`,
      );
      if (received !== code || good !== 'good') wrong.push({ name, code, received, good });
      if (wrong.length > 10) break;
    }
    await published;
    expect(wrong).toEqual([]);
    expect(consumer.stats()).toMatchObject({ received: 2 * brokered.length, connects: 1 });
  });
});
