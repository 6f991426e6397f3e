// What every script here is made of: programs that are run, and steps that are skipped when nothing has changed.
// cmake and tsc know that themselves, but need up to a second each to find out; a stamp takes a few milliseconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

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

/** The folder of an npm package. In a user's project it may be hoisted, so it is resolved. */
export function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/** When a file was changed, or 0 when there is none. */
export function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs `main` if the module of this URL is the program; what it throws ends the process with the bare message. */
export async function entry(url, main) {
  // Resolved, because node_modules/matmq may be a link to where the package lies.
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    await main();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}

function* files(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isDirectory()) {
    yield `${path} ${stat.mtimeMs} ${stat.size}`;
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== '__pycache__' && !name.startsWith('.')) yield* files(join(path, name));
  }
}

function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const line of files(join(root, path))) hash.update(`${line}\n`);
  }
  return hash.digest('hex');
}

/**
 * Runs `step` unless `inputs` (files and folders), `outputs` and `extra` are what they were after its last success;
 * with `force` always. @returns {boolean} whether it ran
 */
export function whenChanged(name, { inputs, outputs, extra = [], force = false }, step) {
  const stamp = join(root, 'build/stamps', name);
  // Taken before the step: what somebody edits while it runs has to be built the next time.
  const source = [process.version, process.execPath, root, extra, fingerprint(inputs)];
  const current = () => JSON.stringify([...source, fingerprint(outputs)]);
  const complete = outputs.every((path) => existsSync(join(root, path)));
  if (!force && complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === current()) return false;
  rmSync(stamp, { force: true });
  step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current());
  return true;
}
