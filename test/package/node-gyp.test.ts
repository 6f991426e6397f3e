// The build of binding.gyp. It runs scripts/build-native.mjs, so that there is one list of sources and one addon.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { unique } from '../support/clients.js';
import { runFixture, success } from '../support/fixture-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ADDON = 'build/Release/matmq.node';
const NODE_GYP = join(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')), 'bin/node-gyp.js');

vi.setConfig({ testTimeout: 120_000 });

/** Headers that are where Node is need no download. */
async function nodeGyp(folder: string, ...commands: string[]): Promise<void> {
  const script = '../../scripts/build-native.mjs';
  const { nodeDir }: { nodeDir(): string } = await import(script);
  await promisify(execFile)(process.execPath, [NODE_GYP, ...commands, `--nodedir=${nodeDir()}`], { cwd: folder });
}

async function expectToWork(addon: string): Promise<void> {
  vi.stubEnv('MATMQ_ADDON', addon);
  onTestFinished(() => void vi.unstubAllEnvs());
  const end = await runFixture('support/fixtures/round-trip.mjs', {
    url: inject('brokerUrl'),
    exchange: unique('exchange'),
  });
  expect(end).toEqual(success({ equal: true, addons: [addon] }));
}

it('the addon that node-gyp builds is the one that CMake has built, and does the same work', async () => {
  const addon = join(root, ADDON);
  const before = statSync(addon, { bigint: true });
  await nodeGyp(root, 'configure', 'build');
  const after = statSync(addon, { bigint: true });
  expect({ file: after.ino, modified: after.mtimeNs }).toEqual({ file: before.ino, modified: before.mtimeNs });
  await expectToWork(addon);
});

// A script in place of ours, because a build from nothing takes minutes.
const SCRIPT = `
import { cpSync } from 'node:fs';
cpSync(${JSON.stringify(join(root, ADDON))}, ${JSON.stringify(ADDON)});
`;

it('node-gyp rebuild, which wipes build/ first, leaves the addon that the script builds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'matmq-node-gyp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['binding.gyp', 'package.json']) cpSync(join(root, name), join(folder, name));
  for (const name of ['scripts', 'build/Release']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'scripts/build-native.mjs'), SCRIPT);
  writeFileSync(join(folder, ADDON), 'what an earlier build has left');
  await nodeGyp(folder, 'rebuild');
  await expectToWork(join(folder, ADDON));
});
