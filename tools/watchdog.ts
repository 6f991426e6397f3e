import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';

// A process of our own that sees its standard input close when we end, however we end: kill -9 runs no handler of ours,
// but closes our files. It then kills what `running/` names and removes the folder. Taking the folder away first makes
// this free of races: a program that has not yet noted its process id in there can no longer do so, and does not start.
const WATCH = `
trap '' HUP INT TERM
read -r _
mv "$0/running" "$0/ending" 2>/dev/null || exit 0
for file in "$0"/ending/*; do kill -9 "\${file##*/}" 2>/dev/null; done
for _ in 1 2 3 4 5; do rm -rf "$0" && exit 0; sleep 0.2; done
`;

// The shell becomes the program, so the process id stays the same.
const START = `: > "$0/running/$$" && exec "$@"`;

/** A temporary folder and the programs that use it: all of them end with us, whatever happens. */
export class Watchdog implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(readonly folder: string) {
    // Sessions of their own: Ctrl-C in a terminal must reach neither the watchdog nor what it watches.
    this.#process = spawn('/bin/sh', ['-c', WATCH, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#process.unref();
    if (this.#process.stdin instanceof Socket) this.#process.stdin.unref();
  }

  /** Watches a folder that exists. */
  static async over(folder: string): Promise<Watchdog> {
    await mkdir(join(folder, 'running'), { recursive: true });
    return new Watchdog(folder);
  }

  /** Starts a program that ends at the latest when we do. It does not keep us alive. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn('/bin/sh', ['-c', START, this.folder, command, ...args], { ...options, detached: true });
    child.unref();
    // Once it has ended, its number may be given to another process.
    child.once('exit', () => void rm(join(this.folder, 'running', String(child.pid)), { force: true }));
    return child;
  }

  /** Kills what still runs and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    child.stdin?.end();
    await once(child, 'exit');
  }
}
