/** Programs in processes of their own: what they print and complain about, line by line or whole, and how they end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Command = readonly [program: string, ...args: string[]];

export interface ProgramOptions {
  /** Added to our own environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads from its standard input; nothing unless given. */
  readonly input?: string;
  /** Gives it a channel for messages, as `fork` does. */
  readonly ipc?: boolean;
}

/** How a program ended, and what it had printed by then. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Characters of each stream that an error shows, the last ones. */
const MOST_SHOWN = 8_000;

export class ChildProgram implements Disposable {
  /** Resolves when it has ended and everything that it printed has been read. Rejects when it cannot be started. */
  readonly ended: Promise<ProgramEnd>;
  protected readonly child: ChildProcess;
  readonly #name: string;
  #stdout = '';
  #stderr = '';
  /** Where the next line begins. */
  #at = 0;
  #closed = false;
  #wake = () => {};

  constructor([program, ...args]: Command, { env = {}, input, ipc = false }: ProgramOptions = {}) {
    const standardInput = input === undefined ? 'ignore' : 'pipe';
    this.child = spawn(program, args, {
      stdio: [standardInput, 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      serialization: 'advanced',
      env: { ...process.env, ...env },
    });
    this.#name = program;
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.child.stdin?.end(input);
    this.ended = this.#end();
    this.ended.catch(() => {}); // whoever waits for it gets the error
  }

  async #end(): Promise<ProgramEnd> {
    try {
      // Not its event `close`, which never comes when we close the channel for messages.
      const streams = [this.child.stdout, this.child.stderr].map((stream) => stream && once(stream, 'close'));
      const [[code, signal]] = await Promise.all([once(this.child, 'exit'), ...streams]);
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    } finally {
      this.#closed = true;
      this.#wake();
    }
  }

  /** What it has complained about so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The next line that it prints; undefined when it has ended and there is none. */
  async nextLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#stdout.indexOf('\n', this.#at);
      if (end >= 0) {
        const line = this.#stdout.slice(this.#at, end);
        this.#at = end + 1;
        return line;
      }
      if (this.#closed) {
        await this.ended;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next line, which is JSON. */
  async next(): Promise<unknown> {
    const line = await this.nextLine();
    if (line === undefined) throw new Error(`${this.#name} ended without another line:\n${this.#stderr}`);
    return JSON.parse(line);
  }

  /** The lines up to its end, which are JSON. */
  async rest(): Promise<unknown[]> {
    const values: unknown[] = [];
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      values.push(JSON.parse(line));
    }
    return values;
  }

  /** What it printed. Rejects with its complaints unless it ends with exit code 0. */
  async output(): Promise<string> {
    const { code, signal, stdout, stderr } = await this.ended;
    if (code !== 0) {
      const complaints = `${stderr.slice(-MOST_SHOWN)}${stdout.slice(-MOST_SHOWN)}`;
      throw new Error(`${this.#name} ended with ${signal ?? `exit code ${code}`}:\n${complaints}`);
    }
    return stdout;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it at once, if it has not ended. */
  [Symbol.dispose](): void {
    this.kill('SIGKILL');
  }
}

/** Runs a program to its end. */
export function run(command: Command, options?: ProgramOptions): Promise<ProgramEnd> {
  return new ChildProgram(command, options).ended;
}

/** Runs a program to its end and resolves to what it prints. Rejects unless it ends with exit code 0. */
export function outputOf(command: Command, options?: ProgramOptions): Promise<string> {
  return new ChildProgram(command, options).output();
}
