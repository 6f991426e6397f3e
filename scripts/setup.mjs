// Makes a fresh clone ready to run: system packages, npm packages, native build, TypeScript build. Each step does only
// what is missing, so a second run takes a fraction of a second. Plain JavaScript, because it runs before `npm ci`.
//   node scripts/setup.mjs           what `npm run demo` needs
//   node scripts/setup.mjs --tests   what `npm test` and `npm run lint` need as well
import { join } from 'node:path';
import { buildNative, nodeDir } from './build-native.mjs';
import { buildTypeScript } from './build-ts.mjs';
import { entry, modified, root, run } from './steps.mjs';
import { BROKER, BUILD, ensurePackages, TESTS } from './system-packages.mjs';
import { fetchNodes } from './test-packages.mjs';

/** npm writes node_modules/.package-lock.json last, so it is the younger one unless the lock has changed since. */
function installModules() {
  if (modified(join(root, 'node_modules/.package-lock.json')) >= modified(join(root, 'package-lock.json')))
    return 'up to date';
  // No package we use needs its install script, so none is run.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  return 'installed';
}

function timed(name, step) {
  const start = performance.now();
  const result = step();
  const outcome = typeof result === 'boolean' ? (result ? 'built' : 'up to date') : result;
  console.log(`✓ ${name}: ${outcome} (${((performance.now() - start) / 1000).toFixed(2)} s)`);
}

await entry(import.meta.url, () => {
  const tests = process.argv.includes('--tests');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`MatMQ needs Node 20.19 or later, this is ${process.version}`);
  // The demo uses the broker that AMQP_URL names, the tests always use their own.
  const broker = tests || !process.env.AMQP_URL ? BROKER : [];
  timed('system packages', () => ensurePackages([...BUILD, ...broker, ...(tests ? TESTS : [])]));
  nodeDir();
  timed('npm packages', installModules);
  timed('TypeScript', () => buildTypeScript({ tests })); // first: it takes seconds, the native builds take minutes
  timed('native addon', () => buildNative());
  if (tests) {
    timed('C++ core, tests and examples', () => buildNative('core'));
    timed('benchmark programs', () => buildNative('bench'));
    timed('other versions of Node', () => (fetchNodes() ? 'fetched' : 'up to date'));
  }
});
