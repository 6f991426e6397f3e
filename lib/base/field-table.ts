/** Tables of named values, as headers of messages and arguments of queues are. */
import { types } from 'node:util';
import { outOfRange, readable, wrongType } from './argument.js';
import { entriesOf, isPlain, type Reader, shortText } from './readers.js';

/**
 * A value in a table. Safe integers travel as int64, other numbers as double, a bigint as int64, a Date as timestamp.
 */
export type FieldValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly FieldValue[]
  | { readonly [name: string]: FieldValue };

/** The core decodes tables by recursion, so it refuses deeper ones. */
const MAX_TABLE_DEPTH = 32;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** A table, copied, so that later changes by the program have no effect. */
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
      if (types.isDate(value)) {
        if (!(value.getTime() >= 0)) throw outOfRange(what, 'a valid Date from 1970 on', value);
        return value;
      }
      if (Array.isArray(value)) {
        checkDepth(what, depth + 1);
        return value.map((item, index) => readField(item, `${what}[${index}]`, depth + 1));
      }
      if (isPlain(value)) return readTable(value, what, depth + 1);
  }
  throw wrongType(what, 'null, a boolean, number, bigint, string, Uint8Array, Date, array or plain object', value);
}

function checkDepth(what: string, depth: number): void {
  if (depth > MAX_TABLE_DEPTH) {
    throw outOfRange(what.slice(0, 60), `at most ${MAX_TABLE_DEPTH} levels of tables and lists`, 'more');
  }
}
