/** Every injection at every step of a conversation, and between the octets of every frame. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '../random.js';
import { FakeBroker, type Injector, type Insertion } from './broker.js';
import { INJECTIONS, type Injection } from './injections.js';
import { consume, produce, type Run } from './runs.js';

const ROLES = { producer: produce, consumer: consume } as const;
type Role = keyof typeof ROLES;

/** How far into a frame: behind its type, within its size, behind its header, in its middle, before its end. */
const WITHIN = [1, 4, 7, 'middle', 'end'] as const;

interface Case {
  readonly role: Role;
  readonly step: number;
  readonly what: string;
  readonly injection: Injection;
  readonly within: (typeof WITHIN)[number] | undefined;
  readonly seed: number;
}

function nameOf({ role, step, what, injection, within, seed }: Case): string {
  const place = within === undefined ? '' : ` within a frame, at ${within}`;
  return `${role}, step ${step} (${what}), ${injection.name}${place}, seed ${seed}`;
}

/** What a conversation is without insertion. */
interface Plain {
  readonly steps: readonly string[];
  readonly run: Run;
}

async function plainOf(role: Role): Promise<Plain> {
  await using broker = await FakeBroker.start();
  const run = await ROLES[role](broker.url);
  return { steps: [...broker.steps], run };
}

function casesOf(role: Role, { steps }: Plain, seed: number): Case[] {
  const cases: Case[] = [];
  for (const [step, what] of steps.entries()) {
    for (const injection of INJECTIONS) {
      const one = { role, step, what, injection, seed: seed + cases.length };
      cases.push({ ...one, within: undefined });
      if (what.startsWith('sent')) for (const within of WITHIN) cases.push({ ...one, within });
    }
  }
  return cases;
}

function injectorOf({ step, injection, within, seed }: Case, fired: () => void): Injector {
  const make = (): Insertion => {
    fired();
    return injection.make(new Random(seed));
  };
  if (within === undefined) {
    return { behind: ({ connection, number }) => (connection === 1 && number === step ? make() : undefined) };
  }
  return {
    instead({ connection, number }, frame) {
      if (connection !== 1 || number !== step) return undefined;
      const at = within === 'middle' ? frame.length >> 1 : within === 'end' ? frame.length - 1 : within;
      const { octets, next } = make();
      const behind = next === 'go on' ? frame.subarray(at) : Buffer.alloc(0);
      return { octets: Buffer.concat([frame.subarray(0, at), octets, behind]), next };
    },
  };
}

/** What an error's code may be, whatever the fault. */
const KNOWN = new Set([
  ...['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'AUTHENTICATION_FAILED', 'VHOST_REFUSED', 'CONNECTION_LOST'],
  ...['HEARTBEAT_TIMEOUT', 'CONNECTION_CLOSED', 'PROTOCOL_ERROR', 'CHANNEL_CLOSED', 'ACCESS_REFUSED', 'NOT_FOUND'],
  ...['RESOURCE_LOCKED', 'PRECONDITION_FAILED', 'CONSUMER_CANCELLED', 'NACKED', 'UNROUTABLE', 'NOT_CONFIRMED'],
  ...['PUBLISH_FAILED', 'MALFORMED_PROPERTIES', 'LIMIT_EXCEEDED', 'CLOSED', 'END_OF_TRANSMISSION'],
]);

/** The step of the peer's last word before the program closes: once it is heard, the program may call exit(). */
function lastWord(steps: readonly string[]): number {
  const closing = steps.lastIndexOf('got connection.close');
  return Math.max(...steps.map((what, step) => (step < closing && what.startsWith('sent ') ? step : -1)));
}

/** What was wrong with a run. */
function faultsOf({ injection, within, step }: Case, run: Run, plain: Plain): string[] {
  const faults = [...run.faults];
  for (const error of run.errors) {
    if (!KNOWN.has(error.slice(error.lastIndexOf(' ') + 1))) faults.push(`unknown code: ${error}`);
  }
  // What a peer does when it is to close is of no interest.
  const ending = step >= lastWord(plain.steps);
  if (within !== undefined || ending) return faults;
  if (injection.kind === 'harmless' && (run.good !== plain.run.good || run.errors.join() !== plain.run.errors.join())) {
    faults.push(
      `expected ${plain.run.good} good, ${plain.run.errors.join(', ')}; found ${run.good}, ${run.errors.join(', ')}`,
    );
  }
  // The frame that it spoils may be a message's, which is refused alone; the conversation is out of step then.
  if (
    injection.kind === 'garbage' &&
    !run.errors.some((error) => /(PROTOCOL_ERROR|MALFORMED_PROPERTIES)$/.test(error))
  ) {
    faults.push(`expected a protocol error; found ${run.errors.join(', ') || 'no error'}`);
  }
  if (injection.kind === 'refusal' && !run.errors.some((error) => /^(connect|lost|closed) /.test(error))) {
    faults.push(`expected the refusal to be told; found ${run.errors.join(', ') || 'no error'}`);
  }
  return faults;
}

/** Open sockets and event descriptors of this process, and its threads. */
export function held(): { descriptors: number; threads: number } {
  const kinds = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  const descriptors = kinds.filter((kind) => kind.startsWith('socket:') || kind.includes('eventfd')).length;
  return { descriptors, threads: readdirSync('/proc/self/task').length };
}

/** Collects garbage: the addon's objects release their descriptors then. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** What is held beyond `before`, when no more is released. */
export function beyond(before: ReturnType<typeof held>): { descriptors: number; threads: number } {
  collectGarbage();
  const now = held();
  return {
    descriptors: Math.max(0, now.descriptors - before.descriptors),
    threads: Math.max(0, now.threads - before.threads),
  };
}

export interface MatrixReport {
  readonly steps: { readonly [role in Role]: number };
  readonly cases: number;
  /** Whose injection went out; not all do, because one step may come without another. */
  readonly fired: number;
  readonly faults: readonly string[];
  readonly codes: { readonly [code: string]: number };
}

export interface MatrixOptions {
  readonly random: Random;
  /** So many cases, drawn; all unless given. */
  readonly sample?: number | undefined;
  readonly atOnce?: number;
}

/** So many of them, in any order. */
function drawn<T>(list: readonly T[], count: number, random: Random): T[] {
  const left = [...list];
  return Array.from({ length: Math.min(count, list.length) }, () =>
    left.splice(random.integer(0, left.length - 1), 1),
  ).flat();
}

export async function runMatrix({ random, sample, atOnce = 32 }: MatrixOptions): Promise<MatrixReport> {
  const plain = { producer: await plainOf('producer'), consumer: await plainOf('consumer') };
  const seed = random.integer(1, 2 ** 31);
  const all = (['producer', 'consumer'] as const).flatMap((role) => casesOf(role, plain[role], seed));
  const cases = sample === undefined ? all : drawn(all, sample, random);
  const faults = [...plain.producer.run.faults, ...plain.consumer.run.faults];
  const codes: { [code: string]: number } = {};
  let fired = 0;
  let next = 0;
  const lane = async () => {
    for (let one = cases[next++]; one !== undefined; one = cases[next++]) {
      let did = false;
      await using broker = await FakeBroker.start({
        injector: injectorOf(one, () => {
          did = true;
        }),
      });
      const run = await ROLES[one.role](broker.url);
      if (did) fired++;
      const [first = 'none'] = run.errors;
      codes[first] = (codes[first] ?? 0) + 1;
      if (did)
        for (const fault of faultsOf(one, run, plain[one.role]))
          faults.push(`${nameOf(one)}, ${run.good} good, ${broker.connections} connections: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const steps = { producer: plain.producer.steps.length, consumer: plain.consumer.steps.length };
  return { steps, cases: cases.length, fired, faults, codes };
}
