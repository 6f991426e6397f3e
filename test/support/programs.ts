/** Programs of test/process/fixtures, run as a user's: in processes of their own, with the built package. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

/** How a program ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** What it said (in JSON, a line each) and nobody took. */
  readonly said: readonly unknown[];
}

export class Program {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: Promise<string>;
  readonly #exit: Promise<unknown[]>;

  /** Runs a fixture with `options` for its argument. It ends with the test. `node`: another one than ours. */
  constructor(
    fixture: string,
    options: object,
    nodeArguments: readonly string[] = [],
    node = process.execPath,
    env: NodeJS.ProcessEnv = {},
  ) {
    const path = fileURLToPath(new URL(`../process/fixtures/${fixture}`, import.meta.url));
    const child = spawn(node, [...nodeArguments, path, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.#stderr = text(child.stderr);
    this.#exit = once(child, 'close');
  }

  /** The next thing it says. */
  async says(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done) expect.fail(`the program ended and said nothing: ${await this.#stderr}`);
    return JSON.parse(line.value);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ends(): Promise<End> {
    const said: unknown[] = [];
    for (let line = await this.#lines.next(); !line.done; line = await this.#lines.next())
      said.push(JSON.parse(line.value));
    await this.#exit;
    return { code: this.#child.exitCode, signal: this.#child.signalCode, stderr: await this.#stderr, said };
  }
}

/** Runs a fixture to its end. */
export function run(
  fixture: string,
  options: object,
  nodeArguments?: readonly string[],
  node?: string,
  env?: NodeJS.ProcessEnv,
): Promise<End> {
  return new Program(fixture, options, nodeArguments, node, env).ends();
}

/** It ended well, and said this. */
export const well = (...said: unknown[]): End => ({ code: 0, signal: null, stderr: '', said });
