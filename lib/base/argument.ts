/** Wrong arguments: one wording for all of them, "expected X for Y but received Z of type T". */
import { types } from 'node:util';
import { MatmqError } from './errors.js';
import { homeOf } from './option-homes.js';

/** A TypeError or RangeError with MatMQ's code. */
export interface ArgumentError extends Error {
  readonly code: 'INVALID_ARGUMENT';
}

const SHOWN_LENGTH = 60;

/** `advice` says what to do, where `expected` does not make it plain. */
export function wrongType(
  what: string,
  expected: string,
  received: unknown,
  advice?: string,
): TypeError & ArgumentError {
  return withCode(new TypeError(wording(what, expected, received, advice)));
}

export function outOfRange(
  what: string,
  expected: string,
  received: unknown,
  advice?: string,
): RangeError & ArgumentError {
  return withCode(new RangeError(wording(what, expected, received, advice)));
}

function wording(what: string, expected: string, received: unknown, advice: string | undefined): string {
  const given = types.isPromise(received) ? 'await it' : advice;
  const hint = given === undefined ? '' : `: ${given}`;
  return `expected ${expected} for ${what} but received ${describe(received)}${hint}`;
}

/** The error of a method that was taken from its object, as in `const { send } = producer`, or called on a proxy. */
export function wrongReceiver(method: string, className: string, received: unknown): TypeError & ArgumentError {
  const advice = `call it on the ${className} itself, as in object.${method}()`;
  return wrongType(`the \`this\` of ${method}()`, `a ${className}`, received, advice);
}

/** The error of a name that is not in `known`. */
export function unknownName(what: string, name: string, known: readonly string[]): TypeError & ArgumentError {
  const near = nearest(name, known);
  const list = near === undefined ? `known names are ${known.join(', ')}` : `did you mean '${near}'?`;
  const hint = homeOf(name) ?? list;
  return withCode(new TypeError(`expected a known name in ${what} but received '${shorten(name)}': ${hint}`));
}

/** Reads `what`. What a getter or a proxy of the program throws meanwhile is the cause of an error that says so. */
export function readable<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof MatmqError || (thrown instanceof Error && isArgumentError(thrown))) throw thrown;
    const reason = thrown instanceof Error ? `: ${shorten(thrown.message)}` : '';
    throw withCode(
      new TypeError(`expected ${what} that can be read but a getter or proxy threw${reason}`, { cause: thrown }),
    );
  }
}

function isArgumentError(error: Error): boolean {
  return 'code' in error && error.code === 'INVALID_ARGUMENT';
}

/** As wrongType, for a value that may be a password or a key: the error does not show it. */
export function wrongSecret(what: string, expected: string): TypeError & ArgumentError {
  return withCode(new TypeError(`expected ${expected} for ${what} but received something else (not shown)`));
}

export function withCode<E extends Error>(error: E): E & ArgumentError {
  return Object.assign(error, { code: 'INVALID_ARGUMENT' as const });
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      if (mayBeSecret(value)) return 'something (not shown: it may hold a secret) of type string';
      return `'${shorten(value)}' of type string`;
    case 'bigint':
    case 'number':
    case 'boolean':
    case 'symbol':
      return `${String(value)} of type ${typeof value}`;
    case 'object':
      return value === null ? 'null' : `a value of type ${className(value)}`;
    default:
      return 'a value of type function';
  }
}

/** Whether it may be a URL with user and password, or a key: also in the wrong place, as in `connect(url)`. */
function mayBeSecret(text: string): boolean {
  const scheme = text.indexOf('://');
  return (scheme >= 0 && text.includes('@', scheme)) || text.includes('-----BEGIN ');
}

function className(value: object): string {
  try {
    const { name } = value.constructor;
    return typeof name === 'string' && name !== '' ? name : 'object';
  } catch {
    return 'object';
  }
}

function shorten(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.slice(0, SHOWN_LENGTH).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(wanted.length / 2));
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
