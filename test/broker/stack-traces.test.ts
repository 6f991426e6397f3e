import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Consumer, CV_8UC1, Mat, Producer } from 'matmq';
import { expect, inject, it } from 'vitest';
import { drawFreePorts } from '../../tools/ports.js';
import { openConsumer, openPair, openProducer, unique } from '../support/clients.js';

/** Answers nothing, and is answered by nobody. */
const waiting = async () => (await openPair()).consumer;
const withText = async () => {
  const { producer, consumer } = await openPair();
  await producer.send('no image');
  return consumer;
};
const unroutable = () => openProducer({ exchange: unique('exchange'), mandatory: true });

/** Each is called by the function `caller` below, whose name stands in the stack if the error knows who awaits it. */
const calls: [string, string, () => Promise<unknown>][] = [
  [
    'connect()',
    'CONNECT_FAILED',
    async () => {
      const [port] = await drawFreePorts(1);
      return Producer.connect({ url: `amqp://127.0.0.1:${port}/` });
    },
  ],
  ['receive() that is too late', 'TIMEOUT', async () => (await waiting()).receive({ timeout: 1 })],
  ['receive() that ends', 'CLOSED', async () => closed(await waiting())],
  ['receive() of the end', 'END_OF_TRANSMISSION', async () => endOf(await openPair())],
  ['receiveImage()', 'NOT_AN_IMAGE', async () => (await withText()).receiveImage()],
  ['an iteration', 'NOT_AN_IMAGE', async () => (await withText()).images().next()],
  ['image()', 'NOT_AN_IMAGE', async () => (await (await withText()).receive()).image()],
  [
    'flush()',
    'PUBLISH_FAILED',
    async () => {
      const producer = await unroutable();
      await producer.send('x');
      return producer.flush();
    },
  ],
  ['confirmed', 'UNROUTABLE', async () => (await (await unroutable()).send('x')).confirmed],
  ['Mat.decode()', 'NOT_AN_IMAGE', () => Mat.decode(new Uint8Array(9))],
  ['Mat.read()', 'CANNOT_READ_FILE', () => Mat.read(join(tmpdir(), unique('nowhere')))],
  ['write()', 'CANNOT_WRITE_FILE', () => new Mat(1, 1, CV_8UC1).write(join(tmpdir(), unique('nowhere'), 'a.png'))],
];

function closed(consumer: Consumer): Promise<unknown> {
  const receiving = consumer.receive();
  void consumer.exit();
  return receiving;
}

async function endOf({ producer, consumer }: { producer: Producer; consumer: Consumer }): Promise<unknown> {
  const receiving = consumer.receive();
  await producer.sendEOT();
  return receiving;
}

it.each(calls)('the error of %s has the line that awaits it', async (_what, code, call) => {
  async function caller(): Promise<unknown> {
    return await call();
  }
  const error: unknown = await caller().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code });
  expect((error as Error).stack).toMatch(/ at (async )?caller /);
});

it('errors of one cause are told apart by their stacks', async () => {
  const consumer = await openConsumer({ url: inject('brokerUrl'), exchange: unique('exchange') });
  const first = async () => await consumer.receive();
  const second = async () => await consumer.receive();
  const both = Promise.allSettled([first(), second()]);
  await consumer.exit();
  const [one, two] = (await both) as [PromiseRejectedResult, PromiseRejectedResult];
  expect(one.reason).not.toBe(two.reason);
  expect(one.reason.stack).toMatch(/ at (async )?first /);
  expect(two.reason.stack).toMatch(/ at (async )?second /);
});
