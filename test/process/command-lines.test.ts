import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from '../support/child-program.js';

async function example(name: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../../build/ts/examples/node/${name}.js`, import.meta.url));
  const { code, stdout, stderr } = await run([process.execPath, path, ...args]);
  return { code, stdout, stderr };
}

it.each(['publish', 'consume'])('the example %s.js explains itself', async (name) => {
  const { stdout, ...end } = await example(name, '--help');
  expect(end).toEqual({ code: 0, stderr: '' });
  for (const option of ['--url', '--ca', '--exchange', '--exchange-type', '--routing-key'])
    expect(stdout).toContain(option);
});

it.each([
  ['publish', '--txt', 'hello'],
  ['publish', '--encoding', '.png'],
  ['publish', '--text'],
  ['consume', 'photo.png'],
])('the example %s.js says in one line what is wrong with %j', async (name, ...args) => {
  const { stderr, ...end } = await example(name, ...args);
  expect(end).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^\w+\.js: .*--help.*\n$/);
});
