// Skips a build step when nothing it reads has changed since it last succeeded. cmake and tsc know that themselves,
// but need up to a second each to find out; this takes a few milliseconds.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

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
 * Runs `step` unless `inputs` (files and folders), `outputs` and `extra` are what they were after its last success.
 * @returns {boolean} whether it ran
 */
export function whenChanged(name, { inputs, outputs, extra = [] }, step) {
  const stamp = join(root, 'build/stamps', name);
  // Taken before the step: what somebody edits while it runs has to be built the next time.
  const source = [process.version, process.execPath, root, extra, fingerprint(inputs)];
  const current = () => JSON.stringify([...source, fingerprint(outputs)]);
  const complete = outputs.every((path) => existsSync(join(root, path)));
  if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === current()) return false;
  rmSync(stamp, { force: true });
  step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current());
  return true;
}
