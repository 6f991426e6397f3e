// Formats the C++ sources in place; with --check, says which are not formatted and fails.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { entry, run } from './run.mjs';
import { root } from './stamp.mjs';

const FOLDERS = ['native', 'test/core', 'test/data/fuzz', 'examples/cpp', 'bench/native'];

function sources(folder) {
  try {
    return readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.(cpp|hpp|cc|h)$/.test(name))
      .map((name) => join(folder, name));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

await entry(() => {
  const files = FOLDERS.flatMap(sources);
  if (files.length === 0) return;
  run('clang-format', process.argv.includes('--check') ? ['--dry-run', '-Werror', ...files] : ['-i', ...files]);
});
