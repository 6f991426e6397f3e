import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../../lib/base/error-codes.js';
import { namesIn, tablesBelow } from '../support/documentation.js';

it('every code has its row in docs/api.md, and there is no other', () => {
  const tables = tablesBelow('## Errors').filter((rows) => rows[0]?.[0] === 'code');
  expect(tables.flatMap(namesIn).sort()).toEqual([...ERROR_CODES].sort());
});
