/** Readers: each takes an unknown value and returns it as its type, or throws an error that says what was expected. */
import { outOfRange, readable, unknownName, wrongType } from './argument.js';

export type Reader<T> = (value: unknown, what: string) => T;
type Readers = { readonly [name: string]: Reader<unknown> };
export type Read<R extends Readers> = { -readonly [K in keyof R]?: ReturnType<R[K]> };

/** AMQP has no longer names and properties; other brokers do not need them either. */
const SHORT_TEXT_BYTES = 255;

/**
 * Reads an object of named values; a value of `undefined` counts as not given. `example` is one, for the error.
 *
 * Only plain objects are accepted: a URL, a Map, an AbortSignal or an object of a program's own class would pass for an
 * object without options, and the options in it would be ignored in silence.
 */
export function readObject<R extends Readers>(value: unknown, what: string, readers: R, example = ''): Read<R> {
  const result: { [name: string]: unknown } = bare({});
  for (const [name, given] of entriesOf(value, what, example)) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) throw unknownName(what, name, Object.keys(readers));
    if (given !== undefined) result[name] = reader(given, `${what}.${name}`);
  }
  return result as Read<R>;
}

/**
 * The same properties without a prototype. Where an option is absent, an object with one would answer for it with what
 * another program's code, or an attacker, put into `Object.prototype`.
 */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object);
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

export const milliseconds = (min: number, max: number) => integer(min, max, 'milliseconds');
export const bytes = integer(1, Number.MAX_SAFE_INTEGER, 'bytes');

export function oneOf<const T extends string>(...allowed: readonly T[]): Reader<T> {
  const expected = `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
  return (value, what) => {
    if (typeof value !== 'string') throw wrongType(what, expected, value);
    const found = allowed.find((name) => name === value);
    if (found === undefined) throw outOfRange(what, expected, value);
    return found;
  };
}

/** A string of at most 255 bytes, as names, keys and most properties are. */
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

/** The properties of a plain object. `example` is one, for the error. @throws TypeError */
export function entriesOf(value: unknown, what: string, example = ''): [string, unknown][] {
  return readable(what, () => {
    if (!isPlain(value)) throw wrongType(what, `a plain object${example && ` such as ${example}`}`, value);
    return Object.entries(value);
  });
}

/** Whether it is a plain object: of any realm, or without a prototype. A proxy answers for itself. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
