import { setImmediate as turn } from 'node:timers/promises';
import { MatmqError, Producer, PublishError } from 'matmq';
import { expect } from 'vitest';
import { type Conversation, FakeBroker, type Published, returned } from '../support/fake/broker.js';
import { Fields, methodFrame } from '../support/fake/frames.js';
import type { Random } from '../support/random.js';
import { fault } from './support/fault.js';

type Settlement = 'ack' | 'nack' | 'return';

/** Settles messages as a broker does, in any order, more than once, and then hangs up. */
class RandomSettler {
  /** Of each message, by its sequence number: how it was settled, on any connection. */
  readonly settled = new Map<number, Set<Settlement>>();
  ends = 0;
  readonly #random: Random;
  #conversation: Conversation | undefined;
  #open: (Published & { sequence: number })[] = [];
  #closed: number[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  take(published: Published, conversation: Conversation): void {
    if (conversation !== this.#conversation) {
      this.#conversation = conversation;
      this.#open = [];
      this.#closed = [];
    }
    // The message_id says which message it is: an id of 16 digits, and the sequence number.
    const id = /[0-9a-f]{16}-(\d+)/.exec(published.header.toString('latin1'));
    this.#open.push({ ...published, sequence: Number(id?.[1]) });
  }

  /** Settles something, or nothing. */
  act(endings: boolean): void {
    const conversation = this.#conversation;
    if (conversation === undefined || conversation.socket.destroyed) return;
    const draw = this.#random.integer(0, endings ? 40 : 38);
    if (draw >= 39) {
      this.ends++;
      if (draw === 39) conversation.socket.destroy();
      else {
        const fields = new Fields().short(320).shortstr('on purpose').short(0).short(0);
        conversation.send([methodFrame(0, 'connection.close', fields)], 'connection.close');
        conversation.socket.end();
      }
      this.#conversation = undefined;
      return;
    }
    if (draw === 38 && this.#closed.length > 0) {
      const tag = this.#closed[this.#random.integer(0, this.#closed.length - 1)] as number;
      this.#settle(conversation, this.#random.next() < 0.5 ? 'basic.ack' : 'basic.nack', tag, false);
      return;
    }
    if (this.#open.length === 0) return;
    const at = this.#random.integer(0, this.#open.length - 1);
    const chosen = this.#open[at] as Published & { sequence: number };
    const multiple = draw % 3 === 0;
    const settlement = draw < 24 ? 'ack' : draw < 32 ? 'nack' : 'return';
    const settledNow = this.#open.splice(
      multiple && settlement !== 'return' ? 0 : at,
      multiple && settlement !== 'return' ? at + 1 : 1,
    );
    for (const { sequence, tag } of settledNow) {
      this.settled.set(sequence, (this.settled.get(sequence) ?? new Set()).add(settlement));
      this.#closed.push(tag);
    }
    if (settlement === 'return') {
      // The broker says so first, and confirms it then.
      conversation.send(returned(chosen.header, Buffer.alloc(4, 65)), 'basic.return');
      this.#settle(conversation, 'basic.ack', chosen.tag, false);
      return;
    }
    this.#settle(conversation, `basic.${settlement}`, chosen.tag, multiple);
  }

  #settle(conversation: Conversation, name: 'basic.ack' | 'basic.nack', tag: number, multiple: boolean): void {
    conversation.send([methodFrame(1, name, new Fields().longlong(tag).octet(multiple ? 1 : 0))], name);
  }
}

const SETTLEMENTS: { readonly [outcome: string]: Settlement } = {
  confirmed: 'ack',
  NACKED: 'nack',
  UNROUTABLE: 'return',
};

interface Counts {
  [outcome: string]: number;
}

async function round(random: Random, messages: number, counts: Counts): Promise<void> {
  const settler = new RandomSettler(random);
  await using broker = await FakeBroker.start({
    heartbeat: 0,
    onPublish: (published, conversation) => settler.take(published, conversation),
  });
  const producer = await Producer.connect({
    url: broker.url,
    mandatory: true,
    highWaterMark: random.magnitude(1, 64),
    reconnect: { initialDelay: 1, maxDelay: 2 },
  });
  const givenUp = random.next() < 0.2 ? random.integer(1, messages) : Number.POSITIVE_INFINITY;
  const settlements = new Map<number, string[]>();
  const asked = new Set<number>();
  const note = (sequence: number, outcome: string) => settlements.get(sequence)?.push(outcome);
  const ask = (receipt: Awaited<ReturnType<Producer['send']>>) => {
    asked.add(receipt.sequence);
    receipt.confirmed.then(
      () => note(receipt.sequence, 'confirmed'),
      (error: unknown) => note(receipt.sequence, error instanceof MatmqError ? error.code : String(error)),
    );
  };
  let over = false;
  let exited: Promise<void> | undefined;
  const sending = (async () => {
    const late: Awaited<ReturnType<Producer['send']>>[] = [];
    for (let i = 1; i <= messages; i++) {
      if (i === givenUp) exited = producer.exit();
      const receipt = await producer.send('AAAA').catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'CLOSED' });
      });
      if (!receipt) break;
      settlements.set(receipt.sequence, []);
      if (random.next() < 0.6) ask(receipt);
      else if (random.next() < 0.5) late.push(receipt);
    }
    for (const receipt of late) ask(receipt);
    // What nobody asked for is listed here, once; and what failed before it was asked for.
    const listed: string[] = [];
    const error = await producer.flush().catch((reason: unknown) => reason);
    if (error instanceof PublishError) {
      for (const failure of error.failures) {
        expect(asked.has(failure.sequence)).toBe(false);
        note(failure.sequence, (failure.error as MatmqError).code);
        listed.push(failure.messageId);
      }
    }
    expect(new Set(listed).size).toBe(listed.length);
    await producer.flush(); // nothing is listed twice
    over = true;
  })();
  for (let acts = 0; !over; acts++) {
    // It lets them through in the end.
    settler.act(acts < messages * 20);
    await turn();
  }
  await sending;
  await (exited ?? producer.exit());
  await turn();
  for (const [sequence, outcomes] of settlements) {
    const [outcome = 'confirmed, and not asked for'] = outcomes;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    expect(outcomes.length, `message ${sequence}: ${outcomes.join(', ')}`).toBe(
      asked.has(sequence) ? 1 : outcomes.length,
    );
    expect(outcomes.length).toBeLessThanOrEqual(1);
    const settlement = SETTLEMENTS[outcome];
    if (settlement !== undefined)
      expect([...(settler.settled.get(sequence) ?? [])], `${sequence}: ${outcome}`).toContain(settlement);
    else if (outcome === 'NOT_CONFIRMED') expect(exited).toBeDefined();
    else expect(outcome).toBe('confirmed, and not asked for');
  }
  const { sent, confirmed, failed, pendingMessages } = producer.stats();
  expect([confirmed + failed, pendingMessages]).toEqual([sent, 0]);
  counts.connections = (counts.connections ?? 0) + broker.connections;
}

fault({
  name: 'confirmed-once',
  holds: 'a receipt settles once, as the broker said, whatever it says, how often, and however often it hangs up',
  short: { rounds: 25, messages: 60 },
  long: { rounds: 1500, messages: 100 },
  timeout: { short: 60, long: 1800 },
  async run({ size: { rounds, messages }, random, step }) {
    const counts: Counts = {};
    for (let i = 0; i < rounds; i++) {
      step(`round ${i}`);
      await round(random, messages, counts);
    }
    for (const outcome of Object.keys(SETTLEMENTS)) expect(counts[outcome]).toBeGreaterThan(0);
    return { rounds, ...counts };
  },
});
