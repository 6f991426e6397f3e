/** The options of a producer: what they are, their defaults, and the one place that reads them. */
import type { NativeProducerOptions } from '../addon/contract.js';
import { bare, boolean, oneOf, readObject } from '../base/readers.js';
import { type AmqpProducerOptions, amqpProducerOptions, amqpProducerReaders, EXAMPLE } from './amqp-options.js';
import { type ConnectionOptions, connectionOptions, connectionReaders, type Settings } from './options.js';

/** The C++ core states the same; a test compares the two. */
export const producerDefaults = { name: 'producer', whenFull: 'wait', segment: true } as const;

/** What a send does while the producer is full: wait for room, reject, or drop the oldest message not yet sent. */
export type WhenFull = 'wait' | 'reject' | 'dropOldest';

/** Options of `Producer.connect()`. */
export interface ProducerOptions extends ConnectionOptions, AmqpProducerOptions {
  /** What happens to a send while the high-water mark is reached. Default: `wait`. */
  readonly whenFull?: WhenFull | undefined;
  /** Whether larger bodies go in segments; otherwise they are refused as `TOO_LARGE`. Default: true. */
  readonly segment?: boolean | undefined;
}

export const producerReaders = {
  ...connectionReaders,
  ...amqpProducerReaders,
  whenFull: oneOf('wait', 'reject', 'dropOldest'),
  segment: boolean,
};

/** @throws TypeError, RangeError */
export function readProducerOptions(options: unknown): Settings<NativeProducerOptions> {
  const given = readObject(options, 'options', producerReaders, EXAMPLE);
  const { name, whenFull, segment } = bare({ ...producerDefaults, ...given });
  const shared = connectionOptions(bare({ ...given, name }));
  return { native: { ...shared, whenFull, segment, amqp: amqpProducerOptions(given) }, signal: given.signal };
}
