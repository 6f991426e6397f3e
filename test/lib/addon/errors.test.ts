import { describe, expect, it } from 'vitest';
import { fromNative, fromThrown } from '../../../lib/addon/errors.js';
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
