import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../../lib/addon/load-addon.js';

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
