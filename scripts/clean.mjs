// Removes what was built. What npm installed stays; so does .cache, which takes long to come by: fuzz corpora, other
// versions of Node, opencv4nodejs, the broker's data folder.
//   npm run clean [-- --all]     with --all, removes .cache too
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entry, root } from './steps.mjs';

await entry(import.meta.url, () => {
  const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
  const folders = ['build', 'dist', ...(values.all ? ['.cache'] : [])];
  for (const folder of folders) rmSync(join(root, folder), { recursive: true, force: true });
});
