import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('every code has its row in docs/api.md, and there is no other', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const codesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code]) => code).sort();
  const typescript = codesIn(read('lib/base/errors.ts'), /^ {2}\| '([A-Z_]+)'/gm);
  const core = codesIn(read('native/core/src/error.cpp'), /"([A-Z_]+)", ErrorKind/g);
  const rows = read('docs/api.md').match(/^\| `[A-Z_]+`.*?\|/gm) ?? [];
  expect(core.length).toBeGreaterThan(40);
  expect(typescript).toEqual(expect.arrayContaining(core));
  expect(codesIn(rows.join('\n'), /`([A-Z_]+)`/g)).toEqual(typescript);
});
