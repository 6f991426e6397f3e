// Removes everything that was built. What npm installed stays.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './stamp.mjs';

for (const folder of ['build', 'dist', '.cache']) rmSync(join(root, folder), { recursive: true, force: true });
