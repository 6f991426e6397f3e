import { describe, expect, it } from 'vitest';
import { amqpDefaults, queueReaders } from '../../../lib/connection/amqp-options.js';
import { consumerDefaults, consumerReaders, readConsumerOptions } from '../../../lib/connection/consumer-options.js';
import { connectionDefaults, connectionReaders } from '../../../lib/connection/options.js';
import { producerDefaults, producerReaders, readProducerOptions } from '../../../lib/connection/producer-options.js';
import { tlsReaders } from '../../../lib/connection/tls-options.js';
import {
  commentsOf,
  defaultOf,
  namesIn,
  type Table,
  tablesBelow,
  tableWith,
  written,
} from '../support/documentation.js';

const MiB = 1024 * 1024;

const options = tablesBelow('## Options');
const shared = tableWith(options, 'url');
const ofProducers = tableWith(options, 'confirm');
const ofConsumers = tableWith(options, 'prefetch');
const ofTls = tableWith(tablesBelow('## TLS'), 'ca');
const ofQueues = options.find((rows) => rows[0]?.[0] === '`queue`');

/** The names of `readers` that are not in `others`. */
const namesOf = (readers: object, others: object = {}) =>
  Object.keys(readers).filter((name) => !Object.hasOwn(others, name));

describe('the options in docs/api.md', () => {
  it.each<[string, Table, string[]]>([
    ['of producers and consumers', shared, namesOf(connectionReaders)],
    ['of producers', ofProducers, namesOf(producerReaders, connectionReaders)],
    ['of consumers', ofConsumers, namesOf(consumerReaders, connectionReaders)],
    ['of TLS', ofTls, namesOf(tlsReaders)],
    ...(ofQueues ? [['of queues', ofQueues, namesOf(queueReaders)] as [string, Table, string[]]] : []),
  ])('%s are those that are read', (_, table, names) => {
    expect(namesIn(table).sort()).toEqual(names.sort());
  });

  const { reconnect, highWaterMark, ...connection } = { ...connectionDefaults, ...amqpDefaults.connection };
  const { maxMessageSize: _size, ...producer } = { ...producerDefaults, ...amqpDefaults.producer };
  const consumer = { ...consumerDefaults, ...amqpDefaults.consumer };
  const defaults = (table: Table, values: object) =>
    Object.entries(values)
      .filter(([name]) => name !== 'name')
      .map(([name, value]) => [name, written(value), table] as const);

  it.each([
    ...defaults(shared, connection),
    ['name', `${producer.name}, ${consumer.name}`, shared] as const,
    ['reconnect', 'true', shared] as const,
    ['highWaterMark', `${highWaterMark.messages} messages, ${highWaterMark.bytes / MiB} MiB`, shared] as const,
    ...defaults(ofProducers, producer),
    ...defaults(ofConsumers, consumer),
    ...(ofQueues ? defaults(ofQueues, amqpDefaults.queue) : []),
    ['insecureUnauthenticated', 'false', ofTls] as const,
  ])('have the default of %s: %s', (name, value, table) => {
    expect(defaultOf(table, name)).toBe(value);
  });

  it('have the defaults of reconnect and of the queue in their words', () => {
    const words = shared.find(([name]) => name === '`reconnect`')?.join(' ');
    expect(words?.replaceAll('`', '')).toContain(written(reconnect));
    if (ofQueues !== undefined) return;
    const row = ofConsumers.find(([name]) => name === '`queue`')?.join(' ');
    for (const [name, value] of Object.entries(amqpDefaults.queue)) {
      expect(row?.replaceAll("'", '')).toContain(`${name} = ${written(value)}`);
    }
  });
});

describe('the doc comments', () => {
  const amqp = 'lib/connection/amqp-options.ts';
  const neutral = 'lib/connection/options.ts';
  const read: Readonly<Record<string, (given: object) => unknown>> = {
    consumer: readConsumerOptions,
    producer: readProducerOptions,
  };
  const kinds = [
    ['producer', '', neutral, 'ConnectionOptions', connectionDefaults],
    ['producer', '', amqp, 'AmqpConnectionOptions', amqpDefaults.connection],
    ['producer', 'reconnect', neutral, 'ReconnectOptions', connectionDefaults.reconnect],
    ['producer', 'highWaterMark', neutral, 'HighWaterMark', connectionDefaults.highWaterMark],
    ['producer', '', 'lib/connection/producer-options.ts', 'ProducerOptions', producerDefaults],
    ['producer', '', amqp, 'AmqpProducerOptions', amqpDefaults.producer],
    ['consumer', '', 'lib/connection/consumer-options.ts', 'ConsumerOptions', consumerDefaults],
    ['consumer', 'limits', 'lib/connection/consumer-options.ts', 'Limits', consumerDefaults.limits],
    ['consumer', '', amqp, 'AmqpConsumerOptions', amqpDefaults.consumer],
    ['consumer', 'queue', amqp, 'QueueOptions', amqpDefaults.queue],
  ] as const;
  const commented = kinds.flatMap(([kind, group, file, interfaceName, defaults]) =>
    [...commentsOf(file, interfaceName)].map(([name, comment]) => ({ kind, group, name, comment, defaults })),
  );

  it('exist for every option', () => {
    const names = (kind: string) =>
      commented.filter((option) => option.kind === kind && option.group === '').map(({ name }) => name);
    expect(names('producer').sort()).toEqual(Object.keys(producerReaders).sort());
    expect([...names('consumer'), ...Object.keys(connectionReaders)].sort()).toEqual(
      Object.keys(consumerReaders).sort(),
    );
  });

  const plain = commented.flatMap(({ name, comment, defaults }) => {
    const value: unknown = Object.hasOwn(defaults, name) ? Reflect.get(defaults, name) : undefined;
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value) && value !== 0 && name !== 'name';
    return isPlain ? [[name, String(value), comment] as const] : [];
  });
  it.each(plain)('of %s state its default, %s', (_, value, comment) => {
    const [, stated] = /Default: `?'?([^`'\s]+?)`?'?(?:[.,]| \(|$)/.exec(comment.replace(/^.*(?=Default:)/, '')) ?? [];
    expect(stated).toBe(value);
  });

  const ranged = commented.flatMap(({ kind, group, name, comment }) => {
    const [, least, most] = /(?:^|[ (])(\d+)(?: \([^)]*\))? to (\d+)/.exec(comment) ?? [];
    const [, from] = /\bfrom (\d+)\b/.exec(comment) ?? [];
    const min = least ?? from;
    return min === undefined
      ? []
      : [[name, Number(min), most === undefined ? undefined : Number(most), kind, group] as const];
  });
  it.each(ranged)('of %s state its range, from %s to %s', (name, min, max, kind, group) => {
    const attempt = (value: number) => () =>
      read[kind]?.(group === '' ? { [name]: value } : { [group]: { [name]: value } });
    expect(attempt(min)).not.toThrow();
    expect(attempt(min - 1)).toThrow(RangeError);
    if (max === undefined) return;
    expect(attempt(max)).not.toThrow();
    expect(attempt(max + 1)).toThrow(RangeError);
  });
  it('state the ranges of all numbers', () => {
    expect(ranged.map(([name]) => name).sort()).toEqual(
      [
        ...['bytes', 'connectTimeout', 'confirmTimeout', 'decodeTime', 'decodedBytes', 'frameMax', 'heartbeat'],
        ...['initialDelay', 'maxMessageSize', 'messageBytes', 'messages', 'pixels', 'prefetch'],
      ].sort(),
    );
  });
});
