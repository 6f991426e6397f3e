import { existsSync, readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { outputOf } from '../support/child-program.js';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

const connection = () => ({ url: inject('brokerUrl'), exchange: unique('exchange') });

it('require() gives what import gives', async () => {
  const { stderr, ...end } = await runFixture('package/fixtures/requires.cjs', connection());
  expect(end).toMatchObject({ code: 0, signal: null, printed: ['required', true] });
  expect(stderr.replace(/^\(.*ExperimentalWarning.*\n\(Use .*\n/, '')).toBe('');
});

it('import opens nothing, and loads the addon when it is first needed, once', async () => {
  expect(await runFixture('package/fixtures/imports.mjs', connection())).toEqual(
    success({ addons: 0, more: 0 }, { addons: 0 }, 'string', { addons: 1, same: true }),
  );
});

it('has every file that the README links to', async () => {
  const listing = await outputOf(['npm', 'pack', '--dry-run', '--json', '--ignore-scripts']);
  const packed = new Set<string>(JSON.parse(listing)[0].files.map(({ path }: { path: string }) => path));
  const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
    (link) => link[1] ?? '',
  );
  expect(links).toContain('docs/api.md');
  for (const link of links) {
    expect(existsSync(link), link).toBe(true);
    expect(packed.has(link) || [...packed].some((path) => path.startsWith(`${link}/`)), link).toBe(true);
  }
});
