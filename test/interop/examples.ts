/** The example programs, which have the same command line and output in each language. */
import { fileURLToPath } from 'node:url';
import { ChildProgram, type Command, outputOf } from '../support/child-program.js';
import { PYTHON } from '../support/python.js';

const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

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

/** Runs the publishing program of a language. */
export function publish(language: Language, args: readonly string[]): Promise<string> {
  return outputOf([...PROGRAMS[language].publish, ...args]);
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
export class Receiver extends ChildProgram {
  /** Resolves when its queue is bound. */
  readonly ready: Promise<void>;
  /** What it has printed at its end. Rejects when it ends otherwise than with exit code 0. */
  readonly lines: Promise<readonly Line[]>;

  constructor(language: Language, args: readonly string[]) {
    super([...PROGRAMS[language].consume, ...args]);
    const first = this.next();
    this.ready = first.then(() => {});
    this.lines = this.#read(first);
    this.lines.catch(() => {}); // whoever waits for them gets the error
  }

  async #read(first: Promise<unknown>): Promise<readonly Line[]> {
    const lines = [await first, ...(await this.rest())] as Line[];
    await this.output();
    return lines;
  }
}

export type Received = ReadonlyMap<Language, readonly Line[]>;

/** Lets a receiver of each language run with `args`; resolves to what they printed of what `send` has sent. */
export async function receiveInEachLanguage(args: readonly string[], send: () => Promise<unknown>): Promise<Received> {
  const receivers = LANGUAGES.map((language) => new Receiver(language, args));
  try {
    await Promise.all(receivers.map(({ ready }) => ready));
    await send();
    const lines = await Promise.all(receivers.map((receiver) => receiver.lines));
    return new Map(LANGUAGES.map((language, i) => [language, lines[i] ?? []]));
  } finally {
    for (const receiver of receivers) receiver[Symbol.dispose]();
  }
}
