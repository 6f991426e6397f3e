// Makes a fresh clone ready to run: system packages, npm packages, native build, TypeScript build. Each step does only
// what is missing, so a second run takes a fraction of a second. Plain JavaScript, because it runs before `npm ci`.
//   node scripts/setup.mjs           what `npm run demo` needs
//   node scripts/setup.mjs --tests   what `npm test` and `npm run lint` need as well
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDir } from './node-headers.mjs';
import { BROKER, BUILD, TESTS } from './packages.mjs';
import { entry, run } from './run.mjs';
import { root } from './stamp.mjs';
import { ensurePackages } from './system.mjs';

const modified = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** npm writes node_modules/.package-lock.json last, so it is the younger one unless the lock has changed since. */
function installModules() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return 'up to date';
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

await entry(async () => {
  const tests = process.argv.includes('--tests');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`MatMQ needs Node 20.19 or later, this is ${process.version}`);
  // The demo uses the broker that AMQP_URL names, the tests always use their own.
  const broker = tests || !process.env.AMQP_URL ? BROKER : [];
  timed('system packages', () => ensurePackages([...BUILD, ...broker, ...(tests ? TESTS : [])]));
  nodeDir();
  timed('npm packages', installModules);
  // Imported only now, as they look for packages that npm has just installed.
  const { buildNative } = await import('./build-native.mjs');
  const { buildTypeScript } = await import('./build-ts.mjs');
  timed('TypeScript', () => buildTypeScript({ tests })); // first: it takes seconds, the native builds take minutes
  timed('native addon', () => buildNative());
  if (tests) {
    const { buildPreset } = await import('./build-core.mjs');
    const { buildWithGyp } = await import('./build-gyp.mjs');
    const { buildBench } = await import('./build-bench.mjs');
    const { fetchNodes } = await import('./fetch-nodes.mjs');
    timed('C++ core, tests and examples', () => buildPreset('core'));
    timed('native addon by node-gyp', () => buildWithGyp());
    timed('benchmark programs', buildBench);
    timed('other versions of Node', () => (fetchNodes() ? 'fetched' : 'up to date'));
  }
});
