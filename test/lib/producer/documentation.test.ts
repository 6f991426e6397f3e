import { expect, it } from 'vitest';
import { sendReaders } from '../../../lib/producer/send-options.js';
import { propertyReaders } from '../../../lib/producer/send-properties.js';
import { linesBelow, namesIn, tablesBelow, tableWith } from '../support/documentation.js';

const table = tableWith(tablesBelow('## Producer'), 'transfer');

it('docs/api.md has the options of a send that are read', () => {
  expect(namesIn(table).sort()).toEqual(Object.keys(sendReaders).sort());
});

it('docs/api.md has the properties of a send that are read', () => {
  const text = linesBelow('## Producer').join(' ');
  for (const name of Object.keys(propertyReaders)) {
    if (!['messageId', 'type', 'appId'].includes(name)) expect(text).toContain(`\`${name}\``);
  }
});
