// Builds @u4/opencv4nodejs against the system's OpenCV, once, in .cache/opencv4nodejs: a test holds MatMQ's dealings with
// its matrices against the real package. It is no dependency, and takes some eight minutes on two cores.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnv } from './node-headers.mjs';
import { entry, outputOf, run } from './run.mjs';
import { root } from './stamp.mjs';

const PACKAGE = '@u4/opencv4nodejs';
const VERSION = '7.1.2';
const PLACE = '.cache/opencv4nodejs';

/** Where its own build finds the system's OpenCV; without these it would download and build one. */
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

/** Builds it, or does nothing when it is there. @returns {boolean} whether it built */
export function buildOpencv4nodejs({ jobs = availableParallelism() } = {}) {
  const place = join(root, PLACE);
  const folder = join(place, 'node_modules', PACKAGE);
  const places = openCvPlaces();
  // Kept beside it, not among the stamps of the other builds: `npm run clean` leaves both where they are.
  const stamp = join(place, 'built-for.json');
  const wanted = JSON.stringify([VERSION, process.version, outputOf('pkg-config', ['--modversion', 'opencv4'])]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  mkdirSync(place, { recursive: true });
  rmSync(stamp, { force: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies: { [PACKAGE]: VERSION } }));
  // Its install script is not left to npm, which may be set to run none. And it looks for its binding.gyp in the wrong
  // folder (7.1.2); node-gyp itself finds it.
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: place });
  const env = { ...buildEnv(), ...places };
  const nodeGyp = join(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')), 'bin/node-gyp.js');
  const args = ['rebuild', '--silent', `--nodedir=${env.npm_config_nodedir}`, '--jobs', String(jobs)];
  run(process.execPath, [nodeGyp, ...args], { cwd: folder, env });
  if (!existsSync(join(folder, 'build/Release/opencv4nodejs.node'))) throw new Error(`${PACKAGE} was not built`);
  writeFileSync(stamp, wanted);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await entry(() => buildOpencv4nodejs({ jobs: Number(process.env.JOBS) || undefined }));
}
