import type { Mat } from 'matmq';

/** By depth, `CV_8U` to `CV_64F`. All machines Node runs on in practice are little-endian. */
const TYPES = ['|u1', '|i1', '<u2', '<i2', '<i4', '<f4', '<f8'];

/** The file that `numpy.save` makes of a matrix: .npy keeps every type of matrix, which no image format does. */
export function npy(image: Mat): Uint8Array {
  const { rows, cols, channels, depth } = image;
  const shape = channels === 1 ? `${rows}, ${cols}` : `${rows}, ${cols}, ${channels}`;
  const text = `{'descr': '${TYPES[depth]}', 'fortran_order': False, 'shape': (${shape}), }`;
  // Magic, version 1.0 and the length before it, a newline after it: the pixels begin at a multiple of 64.
  const header = `${text}${' '.repeat(64 - ((text.length + 11) % 64))}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\0..${header}`, 'latin1');
  start.writeUInt16LE(header.length, 8);
  const rowsOf = Array.from({ length: rows }, (_, row) => image.row(row));
  return Buffer.concat([
    start,
    ...rowsOf.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  ]);
}
