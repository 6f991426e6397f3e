import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { unique } from '../support/clients.js';
import { run, well } from '../support/programs.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

it('require() gives what import gives', async () => {
  const { stderr, ...end } = await run('requires.cjs', connection());
  expect(end).toMatchObject({ code: 0, signal: null, said: ['required', true] });
  expect(stderr.replace(/^\(.*ExperimentalWarning.*\n\(Use .*\n/, '')).toBe('');
});

it('import opens nothing, and loads the addon when it is first needed, once', async () => {
  expect(await run('imports.mjs', connection())).toEqual(
    well({ addons: 0, more: 0 }, { addons: 0 }, 'string', { addons: 1, same: true }),
  );
});

it('has every file that the README links to', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  const packed = new Set<string>(JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path));
  const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
    (link) => link[1] ?? '',
  );
  expect(links).toContain('docs/api.md');
  for (const link of links) {
    expect(existsSync(link), link).toBe(true);
    expect(packed.has(link) || [...packed].some((path) => path.startsWith(`${link}/`)), link).toBe(true);
  }
});
