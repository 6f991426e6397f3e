/**
 * Fixtures: programs like a user's, which take the built package and print JSON, a value a line (fixture.mjs). They end
 * with the test at the latest.
 */
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { ChildProgram } from './child-program.js';

export interface FixtureOptions {
  readonly nodeArguments?: readonly string[];
  /** Another Node than ours. */
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly ipc?: boolean;
}

/** How a fixture ended. */
export interface FixtureEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The values that it printed and nobody took before. */
  readonly printed: readonly unknown[];
}

export class Fixture extends ChildProgram {
  /** Runs a program of test/, such as `process/fixtures/waits.mjs`, with `options` for its argument. */
  constructor(
    path: string,
    options: object,
    { nodeArguments = [], node = process.execPath, env, ipc = false }: FixtureOptions = {},
  ) {
    const program = fileURLToPath(new URL(`../${path}`, import.meta.url));
    super([node, ...nodeArguments, program, JSON.stringify(options)], { env: { NODE_OPTIONS: '', ...env }, ipc });
    onTestFinished(() => this[Symbol.dispose]());
  }

  async end(): Promise<FixtureEnd> {
    const printed = await this.rest();
    const { code, signal, stderr } = await this.ended;
    return { code, signal, stderr, printed };
  }
}

/** Runs a fixture to its end. */
export function runFixture(path: string, options: object, how?: FixtureOptions): Promise<FixtureEnd> {
  return new Fixture(path, options, how).end();
}

/** The end of a fixture without any complaint, which printed these values. */
export const success = (...printed: unknown[]): FixtureEnd => ({ code: 0, signal: null, stderr: '', printed });
