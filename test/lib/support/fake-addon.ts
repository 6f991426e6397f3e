/** An addon that does what the test says: what it was called with is recorded, what it reports is scripted. */
import { setAddon } from '../../../lib/addon/addon.js';
import type {
  Keep,
  NativeAddon,
  NativeCancellation,
  NativeConsumer,
  NativeConsumerOptions,
  NativeConsumerReport,
  NativeConsumerStats,
  NativeDecodeOptions,
  NativeDeliveryValue,
  NativeEncodeOptions,
  NativeError,
  NativeEvent,
  NativeMat,
  NativeProducer,
  NativeProducerOptions,
  NativeProducerReport,
  NativeProducerStats,
  NativeProperties,
  NativeSendOptions,
} from '../../../lib/addon/contract.js';
import type { ConsumerOptions } from '../../../lib/connection/consumer-options.js';
import type { ProducerOptions } from '../../../lib/connection/producer-options.js';
import { Consumer } from '../../../lib/consumer/consumer.js';
import { Producer } from '../../../lib/producer/producer.js';

export function nativeError(
  kind: NativeError['kind'],
  code: string,
  message = `${code} happened`,
  replyCode = 0,
): NativeError {
  return { kind, code, message, replyCode };
}

export function nativeEvent(kind: NativeEvent['kind'], more: Partial<NativeEvent> = {}): NativeEvent {
  return { kind, peer: 'broker.example:5672', reason: '', delay: 0, attempt: 0, ...more };
}

/** What a native call throws. */
function thrown(error: NativeError): Error {
  return Object.assign(new Error(error.message), error);
}

class FakeHandle {
  held = false;
  closeCalls = 0;

  ref(): void {
    this.held = true;
  }

  unref(): void {
    this.held = false;
  }

  close(): void {
    this.closeCalls++;
  }
}

export interface Sent {
  readonly kind: 'text' | 'bytes' | 'image' | 'eot';
  readonly body?: string | Uint8Array;
  readonly keep?: Keep;
  readonly image?: { rows: number; cols: number; type: number; step: number; format: string };
  readonly encode?: NativeEncodeOptions | undefined;
  readonly options?: NativeSendOptions | undefined;
}

export class FakeProducer extends FakeHandle implements NativeProducer {
  readonly sent: Sent[] = [];
  /** How many messages it still takes. */
  room = Number.POSITIVE_INFINITY;
  awaitsSettlements = true;
  /** What the next sends throw. */
  failure: NativeError | undefined;
  #reports: NativeProducerReport[] = [];

  constructor(
    readonly options: NativeProducerOptions,
    readonly wake: () => void,
  ) {
    super();
  }

  sendText(body: string, options?: NativeSendOptions): number {
    return this.#send({ kind: 'text', body, options });
  }

  sendBytes(body: Uint8Array, keep: Keep, options?: NativeSendOptions): number {
    return this.#send({ kind: 'bytes', body, keep, options });
  }

  sendImage(
    rows: number,
    cols: number,
    type: number,
    step: number,
    body: Uint8Array,
    keep: Keep,
    format: string,
    encode: NativeEncodeOptions | undefined,
    options?: NativeSendOptions,
  ): number {
    return this.#send({ kind: 'image', image: { rows, cols, type, step, format }, body, keep, encode, options });
  }

  sendEot(options?: NativeSendOptions): number {
    return this.#send({ kind: 'eot', options });
  }

  instance(): string {
    return 'fake';
  }

  awaitSettlements(awaited: boolean): void {
    this.awaitsSettlements = awaited;
  }

  collect(): NativeProducerReport {
    return this.#reports.shift() ?? {};
  }

  stats(): NativeProducerStats {
    return {
      sent: this.sent.length,
      confirmed: 0,
      failed: 0,
      dropped: 0,
      resent: 0,
      segments: 0,
      bytesWritten: 0,
      bytesRead: 0,
      pendingMessages: 0,
      pendingBytes: 0,
      connects: 1,
      connected: true,
      blocked: false,
    };
  }

  /** Wakes JavaScript with a report. */
  report(report: NativeProducerReport): void {
    this.#reports.push(report);
    this.wake();
  }

  happen(kind: NativeEvent['kind'], more: Partial<NativeEvent> = {}): void {
    this.report({ events: [nativeEvent(kind, more)] });
  }

  settle(...settled: number[]): void {
    this.report({ settled });
  }

  fail(sequence: number, code: string, kind: NativeError['kind'] = 'publish'): void {
    this.report({ settled: [sequence, sequence], failures: [{ sequence, error: nativeError(kind, code) }] });
  }

  /** There is room for so many. */
  makeRoom(messages: number): void {
    this.room = messages;
    this.report({ roomAgain: true });
  }

  #send(sent: Sent): number {
    if (this.failure !== undefined) throw thrown(this.failure);
    if (this.room === 0) return 0;
    this.room--;
    return this.sent.push(sent);
  }
}

/** A message that arrives; its encoded properties are JSON. */
export class FakeMessage {
  readonly size: number;
  /** Why the body was refused. */
  refused: NativeError | undefined;

  constructor(
    readonly content: string,
    readonly isEot = false,
    readonly redelivered = false,
    readonly given: NativeProperties = {},
  ) {
    this.size = content.length;
  }

  /** What `take` gives of it. */
  values(number: number): NativeDeliveryValue[] {
    const flags = (this.redelivered ? 1 : 0) + (this.isEot ? 2 : 0);
    const properties = JSON.stringify({ type: this.isEot ? 'eot' : 'text', ...this.given });
    const body = this.refused ?? new TextEncoder().encode(this.content).buffer;
    return [number, flags, 'frames', 'camera.1', properties, body];
  }
}

export class FakeConsumer extends FakeHandle implements NativeConsumer {
  inbox: FakeMessage[] = [];
  /** 'ack m1', 'ack up to m1', 'nack m1', 'requeue m1', in the order of the calls. */
  readonly settled: string[] = [];
  readonly takes: number[] = [];
  /** What acknowledge and reject answer. */
  isCurrent = true;
  #reports: NativeConsumerReport[] = [];
  readonly #delivered: FakeMessage[] = [];

  constructor(
    readonly options: NativeConsumerOptions,
    readonly wake: () => void,
    readonly decodes: FakeDecode[],
  ) {
    super();
  }

  decode(_properties: string, body: Uint8Array, options: NativeDecodeOptions = {}): Promise<NativeMat> {
    return new Promise((resolve, reject) => {
      const { cancellation, ...plain } = options ?? {};
      this.decodes.push({
        content: Buffer.from(body).toString(),
        options: plain,
        cancellation,
        finish: (mat) => resolve({ rows: 1, cols: 1, type: 0, step: 1, data: new Uint8Array([7]), ...mat }),
        fail: (code) => reject(thrown(nativeError('image', code))),
      });
    });
  }

  take<T>(maxMessages: number, maxBytes: number, collect: (...values: NativeDeliveryValue[]) => T): T | undefined {
    let count = 0;
    let bytes = 0;
    for (const { size } of this.inbox) {
      bytes += size;
      if (count === maxMessages || (count > 0 && bytes > maxBytes)) break;
      count++;
    }
    this.takes.push(count);
    if (count === 0) return undefined;
    const taken = this.inbox.splice(0, count);
    return collect(...taken.flatMap((message) => message.values(this.#delivered.push(message))));
  }

  acknowledge(number: number, upTo: boolean): boolean {
    this.settled.push(`ack ${upTo ? 'up to ' : ''}${this.#content(number)}`);
    return this.isCurrent;
  }

  reject(number: number, requeue: boolean): boolean {
    this.settled.push(`${requeue ? 'requeue' : 'nack'} ${this.#content(number)}`);
    return this.isCurrent;
  }

  properties(encoded: string): NativeProperties {
    return JSON.parse(encoded) as NativeProperties;
  }

  #content(number: number): string | undefined {
    return this.#delivered[number - 1]?.content;
  }

  collect(): NativeConsumerReport {
    return this.#reports.shift() ?? {};
  }

  stats(): NativeConsumerStats {
    return {
      received: 0,
      receivedBytes: 0,
      taken: 0,
      acknowledged: 0,
      rejected: 0,
      refused: 0,
      segments: 0,
      doubledSegments: 0,
      prefetch: 16,
      openMessages: 0,
      openBytes: 0,
      bytesRead: 0,
      bytesWritten: 0,
      inboxMessages: this.inbox.length,
      inboxBytes: 0,
      connects: 1,
      connected: true,
      blocked: false,
    };
  }

  sourceName(): string {
    return 'amq.gen-1';
  }

  report(report: NativeConsumerReport): void {
    this.#reports.push(report);
    this.wake();
  }

  happen(kind: NativeEvent['kind'], more: Partial<NativeEvent> = {}): void {
    this.report({ events: [nativeEvent(kind, more)] });
  }

  /** Messages come in; 'EOT' is one. */
  arrive(...contents: (string | FakeMessage)[]): void {
    for (const content of contents) {
      this.inbox.push(typeof content === 'string' ? new FakeMessage(content, content === 'EOT') : content);
    }
    this.wake();
  }
}

/** A decode that a codec thread is at. */
export interface FakeDecode {
  readonly content: string;
  /** Without its cancellation. */
  readonly options: NativeDecodeOptions;
  readonly cancellation: NativeCancellation | undefined;
  finish(mat?: Partial<NativeMat>): void;
  fail(code: string): void;
}

export class FakeAddon implements NativeAddon {
  readonly producers: FakeProducer[] = [];
  readonly consumers: FakeConsumer[] = [];
  readonly decodes: FakeDecode[] = [];
  /** The bytes of what was released. */
  readonly released: string[] = [];
  readonly NativeProducer: NativeAddon['NativeProducer'];
  readonly NativeConsumer: NativeAddon['NativeConsumer'];
  threads = 2;

  constructor() {
    const { producers, consumers, decodes } = this;
    this.NativeProducer = class extends FakeProducer {
      constructor(options: NativeProducerOptions, wake: () => void) {
        super(options, wake);
        producers.push(this);
      }
    };
    this.NativeConsumer = class extends FakeConsumer {
      constructor(options: NativeConsumerOptions, wake: () => void) {
        super(options, wake, decodes);
        consumers.push(this);
      }
    };
  }

  release(bytes: Uint8Array): void {
    this.released.push(Buffer.from(bytes).toString());
    // As the addon does it: the memory is gone, for all views.
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  }

  /** What was asked of the codecs without a connection. */
  readonly codecCalls: unknown[][] = [];
  /** What the next of these calls comes to. */
  codecResult: () => Promise<unknown> = async () => undefined;

  #codec<T>(...call: unknown[]): Promise<T> {
    this.codecCalls.push(call);
    return this.codecResult() as Promise<T>;
  }

  decodeBytes(...args: Parameters<NativeAddon['decodeBytes']>): Promise<NativeMat> {
    return this.#codec('decodeBytes', ...args);
  }

  readImage(...args: Parameters<NativeAddon['readImage']>): Promise<NativeMat> {
    return this.#codec('readImage', ...args);
  }

  encodeImage(...args: Parameters<NativeAddon['encodeImage']>): Promise<Uint8Array> {
    return this.#codec('encodeImage', ...args);
  }

  writeImage(...args: Parameters<NativeAddon['writeImage']>): Promise<void> {
    return this.#codec('writeImage', ...args);
  }

  convertImage(...args: Parameters<NativeAddon['convertImage']>): Promise<NativeMat> {
    return this.#codec('convertImage', ...args);
  }

  defaults(): never {
    throw new Error('the fake has no defaults');
  }

  errorCodes(): never {
    throw new Error('the fake has no error codes');
  }

  imageFormats(): never {
    throw new Error('the fake has no image formats');
  }

  codecThreads(): number {
    return this.threads;
  }

  setCodecThreads(count: number): void {
    this.threads = count;
  }

  memory = 1024 ** 3;

  codecMemory(): number {
    return this.memory;
  }

  setCodecMemory(bytes: number): void {
    this.memory = bytes;
  }

  /** Those that were cancelled. */
  readonly cancelled = new Set<NativeCancellation>();

  newCancellation(): NativeCancellation {
    return {} as NativeCancellation;
  }

  cancel(cancellation: NativeCancellation): void {
    this.cancelled.add(cancellation);
  }

  versions(): Readonly<Record<string, string>> {
    return { matmq: '0.0.0' };
  }
}

/** Puts a new fake in the place of the addon. */
export function useFakeAddon(): FakeAddon {
  const addon = new FakeAddon();
  setAddon(addon);
  return addon;
}

export async function connectedProducer(options: ProducerOptions = {}): Promise<[Producer, FakeProducer]> {
  const addon = useFakeAddon();
  const connecting = Producer.connect(options);
  const native = last(addon.producers);
  native.happen('connected');
  return [await connecting, native];
}

export async function connectedConsumer(options: ConsumerOptions = {}): Promise<[Consumer, FakeConsumer, FakeAddon]> {
  const addon = useFakeAddon();
  const connecting = Consumer.connect(options);
  const native = last(addon.consumers);
  native.happen('connected');
  return [await connecting, native, addon];
}

export function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new Error('there is none');
  return item;
}

/** The next turn of the event loop: all that was ready has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a promise came to by the end of this turn. */
export async function outcome(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  let result: 'pending' | 'resolved' | 'rejected' = 'pending';
  promise.then(
    () => {
      result = 'resolved';
    },
    () => {
      result = 'rejected';
    },
  );
  await nextTurn();
  return result;
}
