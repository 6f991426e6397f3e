/** Finds and loads the native addon. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MatmqError } from '../base/errors.js';
import type { NativeAddon } from './contract.js';

/** Where the builds put the addon, in the package's folder. */
const PLACES = ['build/Release/matmq.node'];

/**
 * Loads the addon from the path in the environment variable MATMQ_ADDON, or from one of `places`.
 * @throws MatmqError ADDON_NOT_LOADED, saying what was tried and how to mend it
 */
export function loadAddon(override = process.env.MATMQ_ADDON, places: readonly string[] = PLACES): NativeAddon {
  const require = createRequire(import.meta.url);
  const paths = override ? [override] : places.map((place) => join(packageFolder(require), place));
  const tried: { path: string; error: unknown }[] = [];
  for (const path of paths) {
    try {
      return require(path) as NativeAddon;
    } catch (error) {
      tried.push({ path, error });
    }
  }
  const found = tried.find(({ error }) => codeOf(error) !== 'MODULE_NOT_FOUND');
  throw new MatmqError('ADDON_NOT_LOADED', explanation(tried, override), { cause: (found ?? tried[0])?.error });
}

/** Found from this file upward, because the bundle in dist/ and the sources in lib/addon/ lie at different depths. */
function packageFolder(require: NodeJS.Require): string {
  // Not imported: an import of node:fs loads its promises, too, and makes `import 'matmq'` slower.
  const { readFileSync } = require('node:fs') as typeof import('node:fs');
  const isMatmq = (folder: string): boolean => {
    try {
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
      return name === 'matmq';
    } catch {
      return false;
    }
  };
  const here = dirname(fileURLToPath(import.meta.url));
  let folder = here;
  while (!isMatmq(folder)) {
    const parent = dirname(folder);
    if (parent === folder) return here;
    folder = parent;
  }
  return folder;
}

function explanation(tried: readonly { path: string; error: unknown }[], override: string | undefined): string {
  return [
    `cannot load the native addon for ${process.platform}-${process.arch}, Node ${process.versions.node}`,
    'Tried:',
    ...tried.map(({ path, error }) => `- ${path}: ${reason(error)}`),
    'To mend it:',
    ...(forbidden(tried) ?? advice(tried, override)),
  ].join('\n');
}

/** What to do where Node was told to load none; undefined where it was not. */
function forbidden(tried: readonly { error: unknown }[]): string[] | undefined {
  const codes = tried.map(({ error }) => codeOf(error));
  if (codes.includes('ERR_DLOPEN_DISABLED'))
    return ['- start Node without --no-addons; with --permission, add --allow-addons'];
  if (codes.includes('ERR_ACCESS_DENIED')) return ['- with --permission, add --allow-fs-read for the folder of MatMQ'];
  return undefined;
}

function advice(tried: readonly { error: unknown }[], override: string | undefined): string[] {
  const texts = tried.map(({ error }) => reason(error)).join('\n');
  const lines: string[] = [];
  if (override) lines.push('- unset MATMQ_ADDON, or let it name the file of an addon that was built here');
  if (/cannot open shared object file|Library not loaded/.test(texts)) {
    lines.push(
      '- install the libraries it names (Debian: librabbitmq4, libopencv-core406, libjpeg62-turbo, libpng16-16, ' +
        'libwebp7, libisal2)',
    );
  }
  if (/NODE_MODULE_VERSION|did not self-register|invalid ELF header|wrong architecture/.test(texts)) {
    lines.push('- it was built for another machine or Node: build it again');
  }
  lines.push(
    '- build it: `node node_modules/matmq/scripts/build-native.mjs` in your project, or `npm run build` in the ' +
      'folder of MatMQ itself',
  );
  lines.push('- what a build needs is in the README, under "How it is built"');
  return lines;
}

function reason(error: unknown): string {
  if (codeOf(error) === 'MODULE_NOT_FOUND') return 'no such file';
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
