/** The addon in use: the built one, loaded when it is first needed, or the one that a test set. */

import type { NativeAddon } from './contract.js';
import { loadAddon } from './load-addon.js';

let addon: NativeAddon | undefined;

/** @throws MatmqError ADDON_NOT_LOADED */
export function getAddon(): NativeAddon {
  addon ??= loadAddon();
  return addon;
}

/** For tests. */
export function setAddon(replacement: NativeAddon | undefined): void {
  addon = replacement;
}
