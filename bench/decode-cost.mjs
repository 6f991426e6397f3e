// What the decode of one body costs at worst, as far as we know: for each format the body that takes most processor
// time under the default limits. docs/reliability.md has the table.
//   node bench/decode-cost.mjs
import { crc32, deflateSync } from 'node:zlib';
import { Mat } from '../dist/index.js';

const all = ['png', 'jpeg', 'webp', 'bmp', 'tiff', 'pnm'];

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

/** A PNG of zeros. */
function png(width, height, bits, color, rowBytes, level) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, color, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc((rowBytes + 1) * height), { level });
  const end = chunk('IEND', Buffer.alloc(0));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', pixels), end]);
}

/** A progressive JPEG of one component and as many scans as are allowed, with nothing in them. */
function emptyScans(width, height, scans) {
  const segment = (marker, ...data) => [0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data];
  const zeros = (count) => Array(count).fill(0);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const head = [
    ...[0xff, 0xd8, ...segment(0xdb, 0, ...Array(64).fill(1))],
    ...segment(0xc2, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0),
    ...segment(0xc4, 0, 1, ...zeros(15), 0), // one code for a DC difference of 0
    ...segment(0xc4, 0x10, 1, ...zeros(15), 0xe0), // and one for up to 32767 blocks without an AC coefficient
  ];
  const scan = (first, last, data) => Buffer.concat([Buffer.from(segment(0xda, 1, 1, 0, first, last, 0)), data]);
  // 15 bits: the code 0, and how many blocks more than 16384.
  let bits = '';
  for (let left = blocks; left > 0; left -= 32_767) {
    bits += `0${Math.max(Math.min(left, 32_767) - 16_384, 0)
      .toString(2)
      .padStart(14, '0')}`;
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const runs = [];
  for (let i = 0; i < bits.length; i += 8) {
    const octet = Number.parseInt(bits.slice(i, i + 8), 2);
    runs.push(octet, ...(octet === 0xff ? [0] : []));
  }
  return Buffer.concat([
    Buffer.from(head),
    scan(0, 0, Buffer.alloc(Math.ceil(blocks / 8))),
    ...Array.from({ length: scans - 1 }, (_, i) => scan(i + 1, i + 1, Buffer.from(runs))),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** A BMP of run lengths: runs of 255 pixels, or none at all. */
function bmp(width, height, runs) {
  const header = Buffer.alloc(54 + 1024);
  header.write('BM');
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(8, 28);
  header.writeUInt32LE(1, 30);
  header.writeUInt32LE(0x00ff0000, 54 + 4); // a colour, so that the pixels are three octets
  const row = Buffer.from([
    ...Array(Math.floor(width / 255))
      .fill([255, 1])
      .flat(),
    width % 255,
    1,
    0,
    0,
  ]);
  const rows = runs ? Buffer.concat(Array(height).fill(row)) : Buffer.alloc(0);
  return Buffer.concat([header, rows, Buffer.from([0, 1])]);
}

const BODIES = [
  ['PNG', '1 bit, long rows', {}, () => png(1 << 20, 128, 1, 0, 1 << 17, 9)],
  ['PNG', '16-bit RGBA as grey', { mode: 'grayscale' }, () => png(128, 1 << 20, 16, 6, 1024, 9)],
  ['PNG', 'RGB, stored', {}, () => png(8192, 8192, 8, 2, 8192 * 3, 0)],
  ['JPEG', 'progressive, 31 scans', {}, () => emptyScans(16_384, 8192, 31)],
  ['JPEG', 'progressive, 31 scans, as colour', { mode: 'color' }, () => emptyScans(16_384, 5000, 31)],
  ['WebP', 'lossless, one colour', {}, () => new Mat(4600, 16_383, 'CV_8UC3').encode('.webp')],
  ['WebP', 'lossy, one colour', {}, () => new Mat(8190, 16_383, 'CV_8UC3').encode('.webp', { quality: 1 })],
  ['TIFF', 'LZW', {}, () => new Mat(11_585, 11_585, 'CV_8UC3').encode('.tiff')],
  ['BMP', 'run lengths', {}, () => bmp(16_384, 8192, true)],
  ['BMP', 'run lengths, of no run', {}, () => bmp(16_384, 8192, false)],
  ['PNM', 'colour', {}, () => new Mat(11_585, 11_585, 'CV_8UC3').encode('.ppm')],
];

console.log('| format | body | bytes | pixels | seconds | seconds per MB |\n|---|---|---|---|---|---|');
for (const [format, what, options, make] of BODIES) {
  const body = await make();
  const seconds = [];
  let size = 'refused';
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    try {
      const { rows, cols } = await Mat.decode(body, { ...options, formats: all });
      size = `${cols} x ${rows}`;
    } catch (error) {
      size = error.code;
    }
    const { user, system } = process.cpuUsage(before);
    seconds.push((user + system) / 1e6);
  }
  const median = seconds.sort((a, b) => a - b)[1];
  const perMB = median / (body.length / 1e6);
  console.log(`| ${format} | ${what} | ${body.length} | ${size} | ${median.toFixed(2)} | ${perMB.toPrecision(2)} |`);
}
