/** Where things lie, from the sources as well as from what is compiled. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'CMakePresets.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`${import.meta.url} is not inside MatMQ's folder`);
    folder = parent;
  }
  return folder;
}

/** The folder of the package. */
export const ROOT = findRoot();

/** The programs of bench/native, as scripts/build-native.mjs builds them. */
export const NATIVE = join(ROOT, 'build/bench/bench/native');

/** The benchmark's own modules, compiled: processes are made of them. */
export const COMPILED = join(ROOT, 'build/ts/bench');
