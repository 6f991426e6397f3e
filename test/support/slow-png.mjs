/** A short PNG that takes long to decode. */
import { crc32, deflateSync } from 'node:zlib';

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/**
 * Zeros: 128 columns of 16-bit RGBA, by so many rows. Half a million rows are two megabytes, and a second or two of
 * decoding.
 */
export function slowPng(rows = 1 << 19) {
  const columns = 128;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.set([16, 6, 0, 0, 0], 8); // bits, RGBA, and the only methods there are, not interlaced
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc((columns * 8 + 1) * rows), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Resolves when the codec threads have used that many milliseconds more. */
export async function atWork(milliseconds) {
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system >= milliseconds * 1000) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
