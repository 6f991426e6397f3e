/** Images without a connection: bytes and files to matrices and back, on the codec threads. */
import { fileURLToPath } from 'node:url';
import { getAddon } from './addon.js';
import { outOfRange, wrongType } from './argument.js';
import { fromThrown } from './errors.js';
import {
  checkExtension,
  type EncodeOptions,
  type ImageFormat,
  type ReadOptions,
  readEncodeOptions,
  readReadOptions,
  readWriteOptions,
  type WriteOptions,
} from './image-options.js';
import { converted } from './image-sink.js';
import type { ImageSource } from './image-source.js';
import { readSource } from './image-source.js';
import type { Mat } from './mat.js';
import { matOf } from './native-mat.js';
import { bytesToSend, isBytes, matToSend } from './send-memory.js';

export async function decode(bytes: Uint8Array, options?: ReadOptions): Promise<Mat> {
  const settings = readReadOptions(options);
  const advice = typeof bytes === 'string' ? 'Mat.read() reads a file' : undefined;
  const steady = bytesToSend(bytes, 'bytes', "a file's bytes as a Uint8Array", advice);
  return settled(async () => matOf(await getAddon().decodeBytes(steady, settings)));
}

export async function read(path: string | URL, options?: ReadOptions): Promise<Mat> {
  const settings = readReadOptions(options);
  const name = readPath(path);
  return settled(async () => matOf(await getAddon().readImage(name, settings)));
}

export async function encode(mat: Mat, format: ImageFormat, options?: EncodeOptions): Promise<Uint8Array> {
  const settings = readEncodeOptions(options);
  if (typeof format !== 'string') throw wrongType('format', "a name such as '.png'", format);
  const { rows, cols, type, step, data } = matToSend(mat);
  return settled(() => getAddon().encodeImage(rows, cols, type, step, data, format, settings));
}

export async function write(mat: Mat, path: string | URL, options?: WriteOptions): Promise<void> {
  const { format, encode: settings } = readWriteOptions(options);
  const name = readPath(path);
  if (format === '') checkExtension(name);
  const { rows, cols, type, step, data } = matToSend(mat);
  return settled(() => getAddon().writeImage(rows, cols, type, step, data, name, format, settings));
}

export async function fromImage(image: ImageSource): Promise<Mat> {
  const { mat, channelOrder } = await readSource(image);
  return channelOrder === 'rgb' && !mat.empty ? converted(mat, 'swapRedBlue') : mat;
}

async function settled<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromThrown(error);
  }
}

function readPath(path: unknown): string {
  const expected = 'the path of an image file, as a string or a file: URL,';
  if (path instanceof URL && path.protocol !== 'file:') throw wrongType('path', expected, path);
  const name = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof name !== 'string') {
    throw wrongType('path', expected, path, isBytes(path) ? 'Mat.decode() decodes the bytes of a file' : undefined);
  }
  if (name === '' || name.includes('\0')) throw outOfRange('path', 'a path without zero characters', name);
  return name;
}
