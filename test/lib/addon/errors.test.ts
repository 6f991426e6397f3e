import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromNative, fromThrown } from '../../../lib/addon/errors.js';
import { loadAddon } from '../../../lib/addon/load-addon.js';
import {
  ChannelError,
  ClosedError,
  ConnectionError,
  EndOfTransmission,
  ImageError,
  MatmqError,
  PublishError,
} from '../../../lib/index.js';
import { nativeError } from '../support/fake-addon.js';

describe('errors of the addon', () => {
  it.each([
    ['connection', 'HOST_NOT_FOUND', ConnectionError],
    ['channel', 'ACCESS_REFUSED', ChannelError],
    ['publish', 'NACKED', PublishError],
    ['image', 'CANNOT_DECODE', ImageError],
    ['endOfTransmission', 'END_OF_TRANSMISSION', EndOfTransmission],
    ['closed', 'CLOSED', ClosedError],
  ] as const)('of kind %s have a class of their own', (kind, code, errorClass) => {
    const error = fromNative(nativeError(kind, code, 'why'));
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toBeInstanceOf(MatmqError);
    expect(error).toMatchObject({ name: errorClass.name, code, message: 'why' });
    expect(String(error)).toBe(`${errorClass.name}: why`);
    expect(Object.keys(error)).not.toContain('name');
  });

  it('of kind closed with another code are no ClosedError', () => {
    const error = fromNative(nativeError('closed', 'TIMEOUT'));
    expect(error).toBeInstanceOf(MatmqError);
    expect(error).not.toBeInstanceOf(ClosedError);
  });

  it('of kind argument are a RangeError with a code', () => {
    const error = fromNative(nativeError('argument', 'INVALID_ARGUMENT', 'expected'));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('carry the reply code of the broker', () => {
    expect(fromNative(nativeError('channel', 'NOT_FOUND', '', 404))).toMatchObject({ replyCode: 404 });
    expect(fromNative(nativeError('connection', 'CONNECTION_CLOSED', '', 320))).toMatchObject({ replyCode: 320 });
  });

  it('are told from what else is thrown', () => {
    const other = new Error('other');
    expect(fromThrown(other)).toBe(other);
    expect(fromThrown(undefined)).toBe(undefined);
    expect(fromThrown(Object.assign(new Error('m'), nativeError('image', 'UNKNOWN_FORMAT')))).toBeInstanceOf(
      ImageError,
    );
  });
});

describe('an addon that cannot be loaded', () => {
  it('says what was tried and how to mend it', () => {
    const load = () => loadAddon(undefined, ['./no/such.node', './nor/this.node']);
    expect(load).toThrow(expect.objectContaining({ name: 'MatmqError', code: 'ADDON_NOT_LOADED' }));
    expect(load).toThrow(/such\.node: no such file\n- .*this\.node: no such file\nTo mend it:\n.*build-native/s);
  });

  it('is looked for only where MATMQ_ADDON says, when it is set', () => {
    const load = () => loadAddon('/no/such/place.node', ['./other.node']);
    expect(load).toThrow(/\/no\/such\/place\.node: no such file/);
    expect(load).toThrow(/unset MATMQ_ADDON/);
    expect(load).not.toThrow(/other\.node/);
  });
});

it('every code has its row in docs/api.md, and there is no other', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const codesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code]) => code).sort();
  const typescript = codesIn(read('lib/base/errors.ts'), /^ {2}\| '([A-Z_]+)'/gm);
  const core = codesIn(read('native/core/src/error.cpp'), /"([A-Z_]+)", ErrorKind/g);
  const rows = read('docs/api.md').match(/^\| `[A-Z_]+`.*?\|/gm) ?? [];
  expect(core.length).toBeGreaterThan(40);
  expect(typescript).toEqual(expect.arrayContaining(core));
  expect(codesIn(rows.join('\n'), /`([A-Z_]+)`/g)).toEqual(typescript);
});
