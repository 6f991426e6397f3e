/** Child processes of the benchmark. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { COMPILED, NATIVE } from './places.js';
import type { Job, Outcome } from './protocol.js';

/** Far longer than any measurement takes. */
const TIMEOUT = 300_000;

/** A process that speaks in lines. What it says on stderr goes to ours. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, lines: Interface, name: string) {
    this.#process = process;
    this.#lines = lines[Symbol.asyncIterator]();
    this.#name = name;
    this.#ended = once(process, 'close');
  }

  /** One of bench/native. */
  static native(name: string, options: Readonly<Record<string, string | number>>): Program {
    const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
    return Program.start(join(NATIVE, name), args, name);
  }

  /** A process for one client. */
  static worker(job: Job): Program {
    const name = 'client' in job ? `${job.client} (${job.role})` : job.role;
    return Program.start(process.execPath, [join(COMPILED, 'harness/worker.js'), JSON.stringify(job)], name);
  }

  static start(command: string, args: readonly string[], name: string): Program {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // A program that ends early closes its stdin: what it says, or fails to say, tells more.
    child.stdin.on('error', () => {});
    return new Program(child, createInterface(child.stdout), name);
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    let silent = false;
    const giveUp = setTimeout(() => {
      silent = true;
      this.#process.kill('SIGKILL');
    }, TIMEOUT);
    const { value, done } = await this.#lines.next();
    clearTimeout(giveUp);
    if (!done) return value;
    const how = silent ? `was silent for ${TIMEOUT / 1000} s` : 'ended too early';
    throw new Error(`${this.#name} ${how}`);
  }

  ready(): Promise<void> {
    return this.#says('ready');
  }

  /** When a consumer has received what only warms it up. */
  warm(): Promise<void> {
    return this.#says('warm');
  }

  go(): void {
    this.#process.stdin?.write('go\n');
  }

  async outcome(): Promise<Outcome> {
    return JSON.parse(await this.line()) as Outcome;
  }

  async #says(word: string): Promise<void> {
    const line = await this.line();
    if (line !== word) throw new Error(`${this.#name} says ${line} instead of ${word}`);
  }

  /** Ends it, if it has not by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end();
    this.#process.kill();
    await this.#ended;
  }
}
