/** Every block of TypeScript in README and docs is a program that the compiler takes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as matmq from 'matmq';
import { expect, it } from 'vitest';
import { codeBlocks, GLOBALS, moduleOf, root } from './blocks.js';

const CONFIG = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    composite: false,
    noUnusedLocals: false,
    paths: { matmq: ['../../../lib/index.ts'] },
  },
  include: ['*.ts'],
};

it('each is type-checked against the sources', () => {
  const folder = join(root, 'build/ts/code-blocks');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const blocks = codeBlocks();
  expect(blocks.length).toBeGreaterThan(15);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
  writeFileSync(join(folder, 'globals.d.ts'), GLOBALS);
  const names = Object.keys(matmq);
  for (const block of blocks) {
    const file = `${block.at.replace(/\W/g, '_')}.ts`;
    writeFileSync(join(folder, file), moduleOf(block, names));
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
