import { expect, it } from 'vitest';
import { FORMAT_NAMES, USUAL_FORMATS } from '../../../lib/image/formats.js';
import { encodeReaders, readReaders } from '../../../lib/image/options.js';
import { linesBelow, namesIn, tablesBelow, tableWith, written } from '../support/documentation.js';

it('docs/api.md has the options of encoding that are read', () => {
  const table = tableWith(tablesBelow('### Encoding'), 'quality');
  expect(namesIn(table).sort()).toEqual(Object.keys(encodeReaders).sort());
});

it('docs/api.md has the options of decoding that are read, and the formats that are decoded by default', () => {
  const table = tableWith(tablesBelow('### Decoding'), 'reduce');
  expect(namesIn(table).sort()).toEqual(Object.keys(readReaders).sort());
  const text = linesBelow('### Decoding').join(' ').replaceAll(/[`']/g, '');
  expect(text).toContain(written(USUAL_FORMATS));
});

it('docs/api.md has what each format holds', () => {
  const holds = tablesBelow('### Encoding').find((rows) => rows[0]?.[0] === 'encoding');
  const named = holds?.slice(1).flatMap(([first = '']) => [...first.matchAll(/`\.?(\w+)`/g)].map(([, name]) => name));
  // .jpeg is .jpg.
  expect(new Set([...(named ?? []), 'jpeg'])).toEqual(new Set([...FORMAT_NAMES, 'raw']));
});
