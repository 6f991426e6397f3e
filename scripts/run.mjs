import { spawnSync } from 'node:child_process';
import { root } from './stamp.mjs';

/** Runs a program with our input and output, in the package's folder; throws when it fails. */
export function run(command, args, options = {}) {
  const { error, status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${status}`}`);
}

/** What a program prints, or undefined when it is not there or fails. */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : undefined;
}

/** Runs `main`, and ends the process with the bare message of what it throws. */
export async function entry(main) {
  try {
    await main();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}
