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
