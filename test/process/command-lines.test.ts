import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

async function example(name: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../../build/ts/examples/node/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
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
