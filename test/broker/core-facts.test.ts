// Facts that the core and lib/ both state: each is held in one place of either, and the two agree.
import { expect, it } from 'vitest';
import { getAddon } from '../../lib/addon/addon.js';
import { fromNative } from '../../lib/addon/errors.js';
import { ERROR_CODES } from '../../lib/base/error-codes.js';
import { FORMAT_NAMES, formats, USUAL_FORMATS } from '../../lib/image/formats.js';

/** Codes of errors that only lib/ makes. */
const CODES_OF_LIB = ['ALREADY_SETTLED', 'ACK_NOT_MANUAL', 'RELEASED', 'ADDON_NOT_LOADED'];

it('the error codes of TypeScript are those of the core and its own', () => {
  const core = Object.keys(getAddon().errorCodes());
  expect(core.length).toBeGreaterThan(40);
  expect([...core, ...CODES_OF_LIB].sort()).toEqual([...ERROR_CODES].sort());
});

it('every error of the core has a class and its code', () => {
  for (const [code, kind] of Object.entries(getAddon().errorCodes())) {
    expect(fromNative({ kind, code, message: 'why', replyCode: 0 })).toMatchObject({ code, message: 'why' });
  }
});

it('the image formats of TypeScript are those of the core', () => {
  const core = getAddon().imageFormats();
  const files = core.filter(({ decodable }) => decodable);
  // The core knows pbm by its first bytes only.
  const names = new Set(files.flatMap((format) => format.names));
  names.delete('pbm');
  expect([...names].sort()).toEqual([...FORMAT_NAMES].sort());
  for (const format of files) expect(formats(format.names, 'formats'), format.name).toHaveLength(1);
  const usual = files.filter((format) => format.usual).map(({ name }) => name);
  expect(formats(usual, 'formats')).toEqual(USUAL_FORMATS);
  for (const { names, decodable } of core) {
    if (!decodable) expect(() => formats(names, 'formats')).toThrow();
  }
});
