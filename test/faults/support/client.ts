/** Producers and consumers in processes of their own, so that their memory, descriptors, threads and CPU are theirs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerOptions, ProducerOptions } from 'matmq';
import { expect } from 'vitest';
import { Fixture, success } from '../../support/fixture-program.js';

/** What a process uses, read from /proc and from Node. Bytes and milliseconds. */
export interface Usage {
  readonly rss: number;
  readonly descriptors: number;
  readonly threads: number;
  /** Processor time of all threads since the start, user and system. */
  readonly cpu: number;
}

export interface EventRecord {
  readonly kind: 'connected' | 'disconnected' | 'reconnecting' | 'blocked' | 'unblocked' | 'close';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code?: string;
  readonly replyCode?: number;
  readonly message?: string;
}

type Reply = { id: number; result?: unknown; error?: string };

/** A fixture that answers commands (fixtures/serve.mjs). It ends with the test. */
export class Client extends Fixture {
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #nextId = 1;

  protected constructor(fixture: string, options: object) {
    // V8's young generation grows to 32 MiB and shrinks again as it likes: what is measured is to be ours.
    const nodeArguments = ['--expose-gc', '--max-semi-space-size=1'];
    super(`faults/fixtures/${fixture}`, options, { nodeArguments, ipc: true });
    this.child.on('message', (message) => {
      const reply = message as Reply;
      this.#pending.get(reply.id)?.(reply);
      this.#pending.delete(reply.id);
    });
    this.child.on('exit', () => {
      for (const settle of this.#pending.values()) settle({ id: 0, error: `the process ended: ${this.stderr}` });
      this.#pending.clear();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  protected async ask<T>(command: string, argument?: unknown): Promise<T> {
    const id = this.#nextId++;
    const reply = new Promise<Reply>((resolve) => this.#pending.set(id, resolve));
    if (!this.child.connected) throw new Error(`${command}: the process has ended: ${this.stderr}`);
    this.child.send({ id, command, argument });
    const { result, error } = await reply;
    if (error !== undefined) throw new Error(`${command}: ${error}`);
    return result as T;
  }

  /** After a collection of garbage. */
  usage(): Promise<Usage> {
    return this.ask('usage');
  }

  /** Processor time used while it idles for so long, as a part of one processor. */
  async idleLoad(milliseconds: number): Promise<number> {
    const before = await this.usage();
    const began = performance.now();
    await delay(milliseconds);
    return ((await this.usage()).cpu - before.cpu) / (performance.now() - began);
  }

  events(): Promise<readonly EventRecord[]> {
    return this.ask('events');
  }

  /** Resolves to the first event of that kind from `since` on (milliseconds since 1970), which may be there already. */
  event(kind: EventRecord['kind'], since = 0): Promise<EventRecord> {
    return this.ask('event', { kind, since });
  }

  /** Ends the process; it must end well. */
  async quit(): Promise<void> {
    this.child.disconnect();
    expect(await this.end()).toEqual(success());
  }
}

/** What a sender's messages look like. Each has its number, and its SHA-256 in a header. */
export interface Load {
  /** Bytes of a body, drawn between the two. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly seed: number;
  /** Not more than so many each second; 0: as fast as the producer takes them. */
  readonly perSecond?: number;
}

export interface Sent {
  /** Messages that the producer accepted: numbers 0 to sent - 1. */
  readonly sent: number;
  readonly confirmed: number;
  readonly failed: number;
  /** The first of them, in words. */
  readonly failures: readonly string[];
  readonly failedNumbers: readonly number[];
  /** What was not confirmed when a connection was lost: numbers that may come twice. */
  readonly windows: readonly (readonly number[])[];
  readonly stats: { readonly resent: number; readonly connects: number; readonly pendingBytes: number };
}

/** Sends numbered messages without end. */
export class Sender extends Client {
  static async open(connection: ProducerOptions, load: Load): Promise<Sender> {
    const sender = new Sender('sender.mjs', { connection, load });
    await sender.ask('open');
    return sender;
  }

  start(): Promise<void> {
    return this.ask('start');
  }
  /** Sends so many, each when the one before is confirmed. */
  sendSingly(count: number): Promise<void> {
    return this.ask('sendSingly', count);
  }
  /** No more sends after those that are under way. */
  pause(): Promise<void> {
    return this.ask('pause');
  }
  /** Resolves when so many messages are confirmed in all. */
  confirmed(count: number): Promise<{ readonly at: number; readonly confirmed: number }> {
    return this.ask('confirmed', count);
  }
  /** Resolves to when a message is confirmed that was accepted after this call, in milliseconds since 1970. */
  nextConfirm(): Promise<number> {
    return this.ask('nextConfirm');
  }
  state(): Promise<Sent> {
    return this.ask('state');
  }
  /** Flushes, sends the end of transmission and closes. */
  finish(): Promise<Sent> {
    return this.ask('finish');
  }
}

export interface Received {
  readonly received: number;
  readonly distinct: number;
  /** Bodies whose SHA-256 is not what the header says. */
  readonly corrupt: number;
  /** First arrivals of a number after a higher one. */
  readonly outOfOrder: number;
  /** Numbers below the highest that never came. */
  readonly missing: readonly number[];
  /** Numbers that came again without the mark `redelivered`: the producer sent them twice. */
  readonly resent: readonly number[];
  /** Numbers that came again with that mark: the broker had not seen, or has forgotten, the acknowledgement. */
  readonly redelivered: readonly number[];
  readonly errors: readonly string[];
}

/** Receives, and checks each message. */
export class Receiver extends Client {
  static async open(connection: ConsumerOptions): Promise<Receiver> {
    const receiver = new Receiver('receiver.mjs', { connection });
    await receiver.ask('open');
    return receiver;
  }

  state(): Promise<Received> {
    return this.ask('state');
  }
  /** Resolves when so many different messages have come. */
  distinct(count: number): Promise<Received> {
    return this.ask('distinct', count);
  }
  /** Resolves after the end of transmission, when the consumer is closed. */
  finished(): Promise<Received> {
    return this.ask('finished');
  }
}

/** Nothing is lost or corrupt, first arrivals are in order; what came twice was not confirmed when sent again. */
export function expectDelivered(sent: Sent, received: Received): void {
  expect({ failures: sent.failures, errors: received.errors }).toEqual({ failures: [], errors: [] });
  expect(sent.confirmed).toBe(sent.sent);
  expect({ missing: received.missing, distinct: received.distinct }).toEqual({ missing: [], distinct: sent.sent });
  expect({ corrupt: received.corrupt, outOfOrder: received.outOfOrder }).toEqual({ corrupt: 0, outOfOrder: 0 });
  const windows = new Set(sent.windows.flat());
  expect(received.resent.filter((number) => !windows.has(number))).toEqual([]);
}

/** Ends both, holds what came against what was sent (`expectDelivered`), and lets their processes go. */
export async function finish(sender: Sender, receiver: Receiver): Promise<{ sent: Sent; received: Received }> {
  const sent = await sender.finish();
  const received = await receiver.finished();
  expectDelivered(sent, received);
  await sender.quit();
  await receiver.quit();
  return { sent, received };
}

/** Connects and exits, again and again. */
export class Connector extends Client {
  static async open(connection: ProducerOptions & ConsumerOptions): Promise<Connector> {
    return new Connector('connects.mjs', { connection });
  }

  cycle(count: number): Promise<void> {
    return this.ask('cycle', count);
  }
}
