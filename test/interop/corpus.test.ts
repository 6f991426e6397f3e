/** Image files of every kind, and their damages, as MatMQ, OpenCV and Pillow decode them: test/data/corpus. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { faultsOf, needlessOf, unlikeOf } from './corpus/agreement.js';
import { type ReadFile, readCorpus } from './corpus/readings.js';
import { corpusPage } from './corpus/table.js';

const PAGE = fileURLToPath(new URL('../../docs/image-corpus.md', import.meta.url));
const FORMATS = ['png', 'jpeg', 'webp', 'bmp', 'tiff', 'pnm'];

let files: readonly ReadFile[] = [];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'matmq-corpus-'));
  try {
    files = await readCorpus(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

test('the corpus has at least 300 files, sound and damaged ones of every format', () => {
  expect(files.length).toBeGreaterThanOrEqual(300);
  for (const format of FORMATS) {
    const states = new Set(files.filter((file) => file.format === format).map(({ state }) => state));
    expect([...states].sort(), format).toEqual(['damaged', 'sound']);
  }
});

describe.each(FORMATS)('%s', (format) => {
  const ofFormat = () => files.filter((file) => file.format === format);

  test('every file is decoded or refused as OpenCV does, or as its exception says', () => {
    const faults = faultsOf(files).filter(({ file }) => file.format === format);
    expect(faults.map(({ text }) => text).join('\n')).toBe('');
  });

  test('files of the same picture have the same colours', () => {
    expect(unlikeOf(ofFormat()).join('\n')).toBe('');
  });
});

test('every exception is needed', () => {
  expect(needlessOf(files).map(({ format, kinds, reason }) => `${format}, ${kinds.join('; ')}: ${reason}`)).toEqual([]);
});

test('docs/image-corpus.md says what was found', () => {
  const page = corpusPage(files);
  if (process.env.MATMQ_WRITE_CORPUS_TABLE) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8'), 'rewrite it with MATMQ_WRITE_CORPUS_TABLE=1').toBe(page);
});
