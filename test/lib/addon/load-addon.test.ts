import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../../lib/addon/load-addon.js';

/** What a program of its own says when it uses the addon, started with these flags. */
function saidWith(...flags: string[]): string {
  const use = `import('${pathToFileURL(resolve('dist/index.js')).href}')
    .then(({ Mat }) => Mat.decode(new Uint8Array(4)))
    .catch(({ code, message }) => console.log(code, message))`;
  return execFileSync(process.execPath, ['--no-warnings', ...flags, '--eval', use], { encoding: 'utf8' });
}

describe('an addon that cannot be loaded', () => {
  it.each([
    ['--no-addons', ['--no-addons']],
    ['--permission', ['--experimental-permission', '--allow-fs-read=*']],
  ])('says which flag forbids it: %s', (flag, flags) => {
    const said = saidWith(...flags);
    expect(said).toContain('ADDON_NOT_LOADED');
    expect(said).toContain(flag);
    expect(said).not.toContain('build it');
  });

  it('says what was tried and how to mend it', () => {
    const load = () => loadAddon(undefined, ['./no/such.node', './nor/this.node']);
    expect(load).toThrow(expect.objectContaining({ name: 'MatmqError', code: 'ADDON_NOT_LOADED' }));
    expect(load).toThrow(/such\.node: no such file\n- .*this\.node: no such file\nTo mend it:\n.*build-native/s);
  });

  it('is looked for only where MATMQ_ADDON says, when it is set', () => {
    const load = () => loadAddon('/no/such/place.node', ['./other.node']);
    expect(load).toThrow(/\/no\/such\/place\.node: no such file/);
    expect(load).toThrow(/unset MATMQ_ADDON/);
    expect(load).not.toThrow(/other\.node/);
  });
});
