import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The Python that has Debian's packages, whatever else is in the path. */
export const PYTHON = '/usr/bin/python3';

type Command = readonly [program: string, ...args: string[]];

/** The example programs: they have the same command line and output in each language. */
const PROGRAMS = {
  TypeScript: {
    publish: [process.execPath, inRoot('build/ts/examples/node/publish.js')],
    consume: [process.execPath, inRoot('build/ts/examples/node/consume.js')],
  },
  'C++': {
    publish: [inRoot('build/core/examples/cpp/publish')],
    consume: [inRoot('build/core/examples/cpp/consume')],
  },
  Python: {
    publish: [PYTHON, inRoot('examples/python/publish.py')],
    consume: [PYTHON, inRoot('examples/python/consume.py')],
  },
} as const satisfies Record<string, Record<string, Command>>;

export type Language = keyof typeof PROGRAMS;
export const LANGUAGES = ['TypeScript', 'C++', 'Python'] as const satisfies readonly Language[];

/** Runs a program to its end and resolves to what it prints. Rejects with what it complains about. */
async function run([program, ...args]: Command, input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [output, complaints, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${program} ended with ${signal ?? code}:\n${complaints}`);
  return output;
}

/** Runs the publishing program of a language. */
export function publish(language: Language, args: readonly string[]): Promise<string> {
  return run([...PROGRAMS[language].publish, ...args]);
}

/** Runs a Python program of this folder. */
export function python(name: string, args: readonly string[], input?: string): Promise<string> {
  return run([PYTHON, inRoot(`test/interop/${name}`), ...args], input);
}

/** One line of a consuming program. */
export interface Line {
  readonly ready?: true;
  readonly eot?: true;
  readonly type?: string;
  readonly contentType?: string | null;
  readonly messageId?: string | null;
  readonly appId?: string | null;
  readonly text?: string;
  readonly rows?: number;
  readonly cols?: number;
  readonly cvtype?: string;
  readonly encoding?: string | null;
  readonly sha256?: string;
  readonly error?: string;
}

/** A consuming program at work. */
export class Receiver implements Disposable {
  /** Resolves when its queue is bound. */
  readonly ready: Promise<void>;
  /** What it has printed at its end. Rejects when it ends otherwise than with exit code 0. */
  readonly lines: Promise<readonly Line[]>;
  readonly #process: ChildProcess;

  constructor(language: Language, args: readonly string[]) {
    const [program, ...first] = PROGRAMS[language].consume;
    const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const lines: Line[] = [];
    const complaints = text(child.stderr);
    const output = createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
    this.lines = once(child, 'close').then(async ([code, signal]) => {
      if (code !== 0) throw new Error(`consume in ${language} ended with ${signal ?? code}:\n${await complaints}`);
      return lines;
    });
    // Whether it is ready or fails before, whichever comes first.
    this.ready = Promise.race([once(output, 'line'), this.lines]).then(() => {});
    this.lines.catch(() => {});
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}
