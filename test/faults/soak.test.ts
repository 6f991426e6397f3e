import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject } from 'vitest';
import { ownQueue, unique } from '../support/clients.js';
import { Connector, finish, Receiver, Sender, type Usage } from './support/client.js';
import { fault, rounded } from './support/fault.js';

const MiB = 1024 * 1024;

/** What a process may have more of at the end than after it was warm. */
function expectFlat(warm: Usage, end: Usage, mostMiB = 5): void {
  expect(end.rss - warm.rss).toBeLessThanOrEqual(mostMiB * MiB);
  expect({ descriptors: end.descriptors, threads: end.threads }).toEqual({
    descriptors: warm.descriptors,
    threads: warm.threads,
  });
}

const grown = (warm: Usage, end: Usage) => rounded((end.rss - warm.rss) / MiB, 2);

fault({
  name: 'soak-connects',
  holds: 'connecting and exiting again and again leaves no memory, no descriptor and no thread behind',
  short: { connects: 100, warmUp: 60 },
  long: { connects: 10_000, warmUp: 1_000 },
  timeout: { short: 120, long: 1_800 },
  async run({ size: { connects, warmUp }, step }) {
    const connector = await Connector.open({ url: inject('brokerUrl'), exchange: unique('exchange') });
    step('to be warm');
    await connector.cycle(warmUp);
    const warm = await connector.usage();
    const steps: number[] = [];
    for (let done = 0; done < connects; done += connects / 10) {
      step(`after ${done}`);
      await connector.cycle(connects / 10);
      steps.push(grown(warm, await connector.usage()));
    }
    const end = await connector.usage();
    expectFlat(warm, end);
    await connector.quit();
    return {
      connects,
      'memory after it was warm, MiB more': grown(warm, end),
      'in ten steps': steps.join(' '),
      descriptors: end.descriptors,
      threads: end.threads,
    };
  },
});

fault({
  name: 'soak-messages',
  holds: 'memory, descriptors and threads stay as they are, however many messages go through',
  // In the few seconds of the short form a process does not become warm: it finds what leaks a whole body now and then.
  short: { messages: 20_000, warmUp: 10_000, mostMiB: 40 },
  long: { messages: 1_000_000, warmUp: 200_000, mostMiB: 5 },
  timeout: { short: 180, long: 3_600 },
  async run({ size: { messages, warmUp, mostMiB }, random, step }) {
    const connection = { url: inject('brokerUrl'), exchange: unique('exchange') };
    const receiver = await Receiver.open({ ...connection, queue: ownQueue(), prefetch: 200 });
    const load = { minBytes: 1, maxBytes: 20_000, seed: random.integer(1, 2 ** 31) };
    const sender = await Sender.open(connection, load);
    const clients = [sender, receiver];
    /** Usage with nothing under way. */
    const rest = async (confirmed: number) => {
      await sender.start();
      await sender.confirmed(confirmed);
      await sender.pause();
      await receiver.distinct((await sender.state()).sent);
      await delay(500);
      return Promise.all(clients.map((client) => client.usage()));
    };
    step('to be warm');
    const [warmSender, warmReceiver] = (await rest(warmUp)) as [Usage, Usage];
    const began = performance.now();
    const steps: string[] = [];
    let end: readonly Usage[] = [];
    for (let part = 1; part <= 10; part++) {
      step(`part ${part}, MiB more of producer/consumer so far: ${steps.join(' ')}`);
      end = await rest(warmUp + (part * messages) / 10);
      steps.push(`${grown(warmSender, end[0] as Usage)}/${grown(warmReceiver, end[1] as Usage)}`);
    }
    const seconds = (performance.now() - began) / 1000;
    const [endSender, endReceiver] = end as [Usage, Usage];
    expectFlat(warmSender, endSender, mostMiB);
    expectFlat(warmReceiver, endReceiver, mostMiB);
    step('the end');
    const { sent, received } = await finish(sender, receiver);
    return {
      messages: sent.confirmed,
      lost: received.missing.length,
      corrupt: received.corrupt,
      seconds: rounded(seconds, 0),
      'producer after it was warm, MiB more': grown(warmSender, endSender),
      'consumer, MiB more': grown(warmReceiver, endReceiver),
      'in ten steps, both': steps.join(' '),
      threads: `${endSender.threads}/${endReceiver.threads}`,
    };
  },
});
