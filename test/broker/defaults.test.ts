import { expect, it } from 'vitest';
import { getAddon } from '../../lib/addon.js';
import { readConsumerOptions, readProducerOptions } from '../../lib/options.js';

it('the defaults of TypeScript are those of the C++ core', () => {
  const { producer, consumer } = getAddon().defaults();
  expect(readProducerOptions({}).native).toEqual(producer);
  expect(readConsumerOptions({}).native).toEqual(consumer);
});
