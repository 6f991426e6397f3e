import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// From build/ts/examples/node/demo.
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const FOLDER = join(ROOT, 'examples/photos');

export const CONTACT_SHEET = join(ROOT, 'build/demo/contact-sheet.png');

/** The files of the photos, in the order of their names. */
export async function photoFiles(): Promise<readonly string[]> {
  const names = (await readdir(FOLDER)).filter((name) => ['.png', '.jpg'].includes(extname(name)));
  return names.sort().map((name) => join(FOLDER, name));
}
