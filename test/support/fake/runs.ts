/** A producer's and a consumer's life with a fake broker, and what came of every promise. */
import { Consumer, MatmqError, Producer } from 'matmq';
import { DELIVERIES, NOWHERE } from './broker.js';

/** What never settles within this is said to hang. */
const PATIENCE = 25_000;
/** What `exit()` promises. */
const EXIT_LIMIT = 5_000;

export interface Run {
  /** The codes of all errors, in the order they came; `connect`, `lost`, `closed` and `promise` say from where. */
  readonly errors: readonly string[];
  /** What must not be. */
  readonly faults: readonly string[];
  /** Messages confirmed, or received. */
  readonly good: number;
}

class Record {
  readonly errors: string[] = [];
  readonly faults: string[] = [];
  good = 0;

  error(from: string, error: unknown): void {
    if (error instanceof MatmqError) this.errors.push(`${from} ${error.code}`);
    else this.faults.push(`${from}: not typed: ${String(error)}`);
  }

  /** Waits for a promise; its error is recorded, and that it hangs. */
  async settled<T>(what: string, promise: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const hangs = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.faults.push(`${what} hangs`);
        resolve(undefined);
      }, PATIENCE);
    });
    try {
      return await Promise.race([promise, hangs]);
    } catch (error) {
      this.error(what, error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  watch(client: Producer | Consumer): void {
    client.on('disconnected', ({ error }) => this.error('lost', error));
    client.on('close', (error) => error && this.error('closed', error));
  }

  async exit(client: Producer | Consumer): Promise<void> {
    const before = performance.now();
    await this.settled('exit', client.exit());
    const took = performance.now() - before;
    if (took > EXIT_LIMIT) this.faults.push(`exit took ${took.toFixed(0)} ms`);
  }
}

export interface RunOptions {
  readonly heartbeat?: number;
  readonly connectTimeout?: number;
}

const connection = (url: string, { heartbeat = 1000, connectTimeout = 1500 }: RunOptions) => ({
  url,
  exchange: 'exchange',
  heartbeat,
  connectTimeout,
  reconnect: { initialDelay: 1, maxDelay: 20 },
});

/** The messages of a producer: as many octets, and where to. */
const MESSAGES: readonly [number, string][] = [
  [5, 'key'],
  [9000, 'key'],
  [7, NOWHERE],
  [0, 'key'],
];

export async function produce(url: string, options: RunOptions = {}): Promise<Run> {
  const record = new Record();
  const producer = await record.settled('connect', Producer.connect({ ...connection(url, options), mandatory: true }));
  if (producer === undefined) return record;
  record.watch(producer);
  const confirmed = MESSAGES.map(async ([size, routingKey]) => {
    const receipt = await producer.send(Buffer.alloc(size, 65), { routingKey });
    await receipt.confirmed;
    record.good++;
  });
  await Promise.all(confirmed.map((promise) => record.settled('message', promise)));
  await record.settled('flush', producer.flush());
  await record.exit(producer);
  await record.settled('a second exit', producer.exit());
  const { sent, confirmed: done, failed, dropped, pendingMessages } = producer.stats();
  // Counted in the core, where nothing hides that a message is settled twice.
  if (sent !== done + failed + dropped || pendingMessages !== 0) {
    record.faults.push(
      `of ${sent} sent, ${done} confirmed, ${failed} failed, ${dropped} dropped, ${pendingMessages} pending`,
    );
  }
  return record;
}

export async function consume(url: string, options: RunOptions = {}): Promise<Run> {
  const record = new Record();
  const consuming = Consumer.connect({ ...connection(url, options), ack: 'manual' });
  const consumer = await record.settled('connect', consuming);
  if (consumer === undefined) return record;
  record.watch(consumer);
  for (const body of DELIVERIES) {
    const message = await record.settled('receive', consumer.receive());
    if (message === undefined) continue;
    if (Buffer.compare(message.body, body) === 0) record.good++;
    message.ack();
  }
  // Behind the last message: what waits then ends with the consumer.
  const last = record.settled('the last receive', consumer.receive());
  await record.exit(consumer);
  await last;
  await record.settled('a second exit', consumer.exit());
  return record;
}
