import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mat, Message } from 'matmq';
import { npy } from './npy.js';

const RAW_CONTENT_TYPE = 'application/x-cv-mat';

/** How image files begin, in hexadecimal digits. */
const MAGIC = [
  ['.png', /^89504e470d0a1a0a/],
  ['.jpg', /^ffd8ff/],
  ['.bmp', /^424d/],
  ['.webp', /^52494646.{8}57454250/],
] as const;

/** A raw matrix is told by its content type, every other image by its first bytes. */
function encodingOf(message: Message): string | undefined {
  if (message.properties.contentType === RAW_CONTENT_TYPE) return 'raw';
  const start = Buffer.from(message.body.subarray(0, 12)).toString('hex');
  return MAGIC.find(([, magic]) => magic.test(start))?.[0];
}

/** `text`, `binary`, `image` or `eot`: as marked by the sender, or as seen in a stranger's message. */
export function kindOf(message: Message): string {
  if (message.type !== 'unmarked') return message.type;
  if (message.properties.contentType?.startsWith('image/') || encodingOf(message)) return 'image';
  return isUtf8(message.body) ? 'text' : 'binary';
}

function sha256OfPixels(image: Mat): string {
  const hash = createHash('sha256');
  for (let row = 0; row < image.rows; row++) hash.update(image.row(row));
  return hash.digest('hex');
}

/**
 * What a message is, as an object for JSON. Keeps an image as a file in the folder `out`, named by `number`.
 * Rejects with `ImageError` when it says it is an image and is none.
 */
export async function describe(message: Message, number: number, out: string | undefined): Promise<object> {
  const type = kindOf(message);
  const { contentType = null, messageId = null, appId = null } = message.properties;
  const envelope = { type, contentType, messageId, appId };
  if (type === 'text') return { ...envelope, text: message.text() };
  if (type !== 'image') return { ...envelope, sha256: createHash('sha256').update(message.body).digest('hex') };
  const image = await message.image();
  const encoding = encodingOf(message);
  if (out !== undefined) {
    const path = join(out, String(number).padStart(3, '0'));
    if (encoding === 'raw') await writeFile(`${path}.npy`, npy(image));
    else await writeFile(`${path}${encoding}`, message.body);
  }
  const { rows, cols, typeName: cvtype } = image;
  return { ...envelope, rows, cols, cvtype, encoding, sha256: sha256OfPixels(image) };
}
