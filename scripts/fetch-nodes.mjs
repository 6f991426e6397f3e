// Other versions of Node, for a test that the built addon works in them: packages of npm that hold the executable.
// They come into .cache/node/<major> once; `npm test` does it.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entry, run } from './run.mjs';
import { root } from './stamp.mjs';

/** The majors that are tested beside the one that runs this. */
export const MAJORS = [22, 24, 26];

const packageName = `node-${process.platform}-${process.arch}`;
const folderOf = (major) => join(root, '.cache/node', String(major));

/** The executable of a major, whether it is there or not. */
export const executableOf = (major) => join(folderOf(major), 'node_modules', packageName, 'bin/node');

/** @returns {boolean} whether something had to be fetched */
export function fetchNodes() {
  const missing = MAJORS.filter((major) => !existsSync(executableOf(major)));
  for (const major of missing) {
    // In a folder beside, so that one that is cut short is not taken for whole.
    const making = `${folderOf(major)}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    writeFileSync(join(making, 'package.json'), '{ "private": true }\n');
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${packageName}@${major}`], { cwd: making });
    rmSync(folderOf(major), { recursive: true, force: true });
    renameSync(making, folderOf(major));
  }
  return missing.length > 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await entry(() => fetchNodes());
