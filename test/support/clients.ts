/** Producers and consumers of one test: with names of their own, closed when it ends. */
import { randomUUID } from 'node:crypto';
import { Consumer, type ConsumerOptions, type Message, Producer, type ProducerOptions, type QueueOptions } from 'matmq';
import { expect, inject, onTestFinished } from 'vitest';

/** A name that nothing else has. */
export function unique(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

/** A queue that the broker removes some time after the test. */
export function ownQueue(options: Partial<QueueOptions> = {}): QueueOptions {
  return { name: unique('queue'), ...options, arguments: { 'x-expires': 60_000, ...options.arguments } };
}

export async function openProducer(options: ProducerOptions = {}): Promise<Producer> {
  const producer = await Producer.connect({ url: inject('brokerUrl'), ...options });
  onTestFinished(() => producer.exit());
  return producer;
}

export async function openConsumer(options: ConsumerOptions = {}): Promise<Consumer> {
  const consumer = await Consumer.connect({ url: inject('brokerUrl'), ...options });
  onTestFinished(() => consumer.exit());
  return consumer;
}

type Common = Omit<ProducerOptions & ConsumerOptions, keyof Own>;
type Own = Pick<ProducerOptions, 'name' | 'routingKey' | 'signal' | 'highWaterMark'>;

export interface Pair {
  readonly exchange: string;
  readonly producer: Producer;
  readonly consumer: Consumer;
}

/** A consumer, and a producer whose messages reach it, on an exchange of their own. */
export async function openPair(
  common: Common = {},
  own: { producer?: ProducerOptions; consumer?: ConsumerOptions } = {},
): Promise<Pair> {
  const exchange = common.exchange ?? unique('exchange');
  const { confirm, persistent, mandatory, whenFull, maxMessageSize, segment, queue, prefetch, ack, limits, ...both } =
    common;
  const consumer = await openConsumer({ ...both, exchange, queue, prefetch, ack, limits, ...own.consumer });
  const sending = { confirm, persistent, mandatory, whenFull, maxMessageSize, segment };
  const producer = await openProducer({ ...both, exchange, ...sending, ...own.producer });
  return { exchange, producer, consumer };
}

/** The texts of the next messages. */
export async function receiveTexts(consumer: Consumer, count: number): Promise<string[]> {
  return (await receiveAll(consumer, count)).map((message) => message.text());
}

export async function receiveAll(consumer: Consumer, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(await consumer.receive());
  return messages;
}

/** "0", "1", ... */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => String(from + i));
}

export async function sendAll(producer: Producer, texts: readonly string[]): Promise<void> {
  for (const text of texts) await producer.send(text);
  await producer.flush();
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** What the promise rejects with, held against its class, code and words. */
export async function failure<E extends ErrorClass>(
  promise: Promise<unknown>,
  errorClass: E,
  code: string | RegExp | undefined,
  ...words: (string | RegExp)[]
): Promise<InstanceType<E>> {
  const error: unknown = await promise.then(
    (value) => expect.fail(`resolved to ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(errorClass);
  const found = error as InstanceType<E>;
  const { code: foundCode } = found as { code?: unknown };
  if (code instanceof RegExp) expect(foundCode).toMatch(code);
  else expect(foundCode).toBe(code);
  for (const word of words) expect(found.message).toMatch(word);
  return found;
}

/** Holds what a call throws against its class, code and words. */
export function thrown(call: () => unknown, errorClass: ErrorClass, code: string, ...words: (string | RegExp)[]) {
  return failure(
    (async () => {
      call();
    })(),
    errorClass,
    code,
    ...words,
  );
}
