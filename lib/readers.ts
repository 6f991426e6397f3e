/** Readers: each takes an unknown value and gives it back as its type, or throws what was expected. */
import { types } from 'node:util';
import { outOfRange, readable, unknownName, wrongType } from './argument.js';
import type { FieldValue } from './native.js';

export type Reader<T> = (value: unknown, what: string) => T;
type Readers = { readonly [name: string]: Reader<unknown> };
export type Read<R extends Readers> = { -readonly [K in keyof R]?: ReturnType<R[K]> };

/** What AMQP calls a shortstr. */
const SHORT_TEXT_BYTES = 255;
/** rabbitmq-c decodes tables by recursion, so the core refuses deeper ones. */
const MAX_TABLE_DEPTH = 32;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Reads an object of named values; a value of `undefined` counts as not given. `example` is one, for the error.
 *
 * Only plain objects: a URL, a Map, an AbortSignal or what a program has made of its options with a class would pass for
 * an object without options, and its wishes be ignored in silence.
 */
export function readObject<R extends Readers>(value: unknown, what: string, readers: R, example = ''): Read<R> {
  const result: { [name: string]: unknown } = {};
  for (const [name, given] of entriesOf(value, what, example)) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) throw unknownName(what, name, Object.keys(readers));
    if (given !== undefined) result[name] = reader(given, `${what}.${name}`);
  }
  return result as Read<R>;
}

export const boolean: Reader<boolean> = (value, what) => {
  if (typeof value !== 'boolean') throw wrongType(what, 'true or false', value);
  return value;
};

export function integer(min: number, max: number, unit = ''): Reader<number> {
  const expected = `an integer from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return (value, what) => {
    if (typeof value !== 'number') throw wrongType(what, expected, value);
    if (!Number.isInteger(value) || value < min || value > max) throw outOfRange(what, expected, value);
    return value;
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Reader<T> {
  const expected = `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
  return (value, what) => {
    if (typeof value !== 'string') throw wrongType(what, expected, value);
    const found = allowed.find((name) => name === value);
    if (found === undefined) throw outOfRange(what, expected, value);
    return found;
  };
}

/** A string that fits AMQP's short strings. */
export const shortText: Reader<string> = (value, what) => {
  if (typeof value !== 'string') throw wrongType(what, 'a string', value);
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (value.length * 3 > SHORT_TEXT_BYTES && Buffer.byteLength(value) > SHORT_TEXT_BYTES) {
    throw outOfRange(what, `a string of at most ${SHORT_TEXT_BYTES} bytes of UTF-8`, value);
  }
  return value;
};

export const filledText: Reader<string> = (value, what) => {
  const text = shortText(value, what);
  if (text === '') throw outOfRange(what, 'a string that is not empty', value);
  return text;
};

export const abortSignal: Reader<AbortSignal> = (value, what) => {
  if (!(value instanceof AbortSignal)) throw wrongType(what, 'an AbortSignal', value);
  return value;
};

/** An AMQP field table, copied, so that later changes by the program are not seen. */
export const fieldTable: Reader<{ readonly [name: string]: FieldValue }> = (value, what) =>
  readable(what, () => readTable(value, what, 1));

function readTable(value: unknown, what: string, depth: number): { readonly [name: string]: FieldValue } {
  const entries = entriesOf(value, what);
  checkDepth(what, depth);
  // Without a prototype, so that a field may have any name, "__proto__" too.
  const table: { [name: string]: FieldValue } = Object.create(null);
  for (const [name, field] of entries) {
    shortText(name, `a name in ${what}`);
    if (field !== undefined) table[name] = readField(field, `${what}.${name}`, depth);
  }
  return table;
}

function readField(value: unknown, what: string, depth: number): FieldValue {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw outOfRange(what, 'a finite number', value);
      return value;
    case 'bigint':
      if (value < INT64_MIN || value > INT64_MAX) throw outOfRange(what, 'a bigint of 64 bits', value);
      return value;
    case 'object':
      if (value === null) return value;
      if (types.isUint8Array(value)) return new Uint8Array(value);
      if (value instanceof Date) {
        if (!(value.getTime() >= 0)) throw outOfRange(what, 'a valid Date from 1970 on', value);
        return value;
      }
      if (Array.isArray(value)) {
        checkDepth(what, depth + 1);
        return value.map((item, index) => readField(item, `${what}[${index}]`, depth + 1));
      }
      if (isPlain(value)) return readTable(value, what, depth + 1);
  }
  throw wrongType(
    what,
    'null, a boolean, number, bigint, string, Uint8Array, Date, array or plain object (AMQP field)',
    value,
  );
}

function checkDepth(what: string, depth: number): void {
  if (depth > MAX_TABLE_DEPTH) {
    throw outOfRange(what.slice(0, 60), `at most ${MAX_TABLE_DEPTH} levels of tables and lists`, 'more');
  }
}

function entriesOf(value: unknown, what: string, example = ''): [string, unknown][] {
  return readable(what, () => {
    if (!isPlain(value)) throw wrongType(what, `a plain object${example && ` such as ${example}`}`, value);
    return Object.entries(value);
  });
}

/** Of whichever realm, or without a prototype; of a proxy, what it says. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
