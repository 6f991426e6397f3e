// Packages of npm that are no dependencies, for tests alone. Each comes into .cache once: other versions of Node, in
// which the built addon has to work (`npm test` fetches them), and @u4/opencv4nodejs, whose matrices MatMQ takes.
//   node scripts/test-packages.mjs nodes | opencv4nodejs
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { nodeDir } from './build-native.mjs';
import { entry, outputOf, packageFolder, root, run } from './steps.mjs';

/** The majors of Node that are tested beside the one that runs this. */
export const MAJORS = [22, 24, 26];
const OPENCV = { name: '@u4/opencv4nodejs', version: '7.1.2', place: join(root, '.cache/opencv4nodejs') };

// Install scripts are not left to npm, which may be set to run none.
const NPM_INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];

const nodePackage = `node-${process.platform}-${process.arch}`;
const nodeFolder = (major) => join(root, '.cache/node', String(major));

/** The executable of a major, whether it is there or not. */
export const executableOf = (major) => join(nodeFolder(major), 'node_modules', nodePackage, 'bin/node');

/** @returns {boolean} whether something had to be fetched */
export function fetchNodes() {
  const missing = MAJORS.filter((major) => !existsSync(executableOf(major)));
  for (const major of missing) {
    // In a folder beside, so that one that is cut short is not taken for whole.
    const making = `${nodeFolder(major)}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    writeFileSync(join(making, 'package.json'), '{ "private": true }\n');
    run('npm', [...NPM_INSTALL, `${nodePackage}@${major}`], { cwd: making });
    rmSync(nodeFolder(major), { recursive: true, force: true });
    renameSync(making, nodeFolder(major));
  }
  return missing.length > 0;
}

/** Where opencv4nodejs finds the system's OpenCV; without these it would download and build one. */
function openCvPlaces() {
  const variable = (name) => outputOf('pkg-config', [`--variable=${name}`, 'opencv4'])?.trim();
  const prefix = variable('prefix');
  const libraries = variable('libdir');
  if (!prefix || !libraries || !existsSync(`${prefix}/include/opencv4`))
    throw new Error('OpenCV 4 was not found through pkg-config: install its development packages (npm run setup)');
  return {
    OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
    OPENCV_INCLUDE_DIR: `${prefix}/include/opencv4`,
    OPENCV_LIB_DIR: libraries,
    OPENCV_BIN_DIR: `${prefix}/bin`,
  };
}

/**
 * Builds opencv4nodejs against the system's OpenCV, or does nothing when it is there. It takes some eight minutes on
 * two cores. @returns {boolean} whether it built
 */
export function buildOpencv4nodejs({ jobs = availableParallelism() } = {}) {
  const { name, version, place } = OPENCV;
  const folder = join(place, 'node_modules', name);
  const places = openCvPlaces();
  // Kept beside it, not among the stamps of the other builds: `npm run clean` leaves both where they are.
  const stamp = join(place, 'built-for.json');
  const wanted = JSON.stringify([version, process.version, outputOf('pkg-config', ['--modversion', 'opencv4'])]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  mkdirSync(place, { recursive: true });
  rmSync(stamp, { force: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies: { [name]: version } }));
  run('npm', NPM_INSTALL, { cwd: place });
  // Its own install script looks for its binding.gyp in the wrong folder (7.1.2); node-gyp itself finds it.
  const nodeGyp = join(packageFolder('node-gyp'), 'bin/node-gyp.js');
  const args = ['rebuild', '--silent', `--nodedir=${nodeDir()}`, '--jobs', String(jobs)];
  run(process.execPath, [nodeGyp, ...args], { cwd: folder, env: { ...process.env, ...places } });
  if (!existsSync(join(folder, 'build/Release/opencv4nodejs.node'))) throw new Error(`${name} was not built`);
  writeFileSync(stamp, wanted);
  return true;
}

await entry(import.meta.url, () => {
  const steps = {
    nodes: fetchNodes,
    opencv4nodejs: () => buildOpencv4nodejs({ jobs: Number(process.env.JOBS) || undefined }),
  };
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !Object.hasOwn(steps, name));
  if (names.length === 0 || unknown !== undefined) {
    throw new Error(`Expected ${Object.keys(steps).join(' or ')} but received ${unknown ?? 'nothing'}`);
  }
  for (const name of names) steps[name]();
});
