import { expect, it } from 'vitest';
import { getAddon } from '../../lib/addon/addon.js';
import { readConsumerOptions } from '../../lib/connection/consumer-options.js';
import { readProducerOptions } from '../../lib/connection/producer-options.js';

it('the defaults of TypeScript are those of the C++ core', () => {
  const { producer, consumer } = getAddon().defaults();
  expect(readProducerOptions({}).native).toEqual(producer);
  expect(readConsumerOptions({}).native).toEqual(consumer);
});
