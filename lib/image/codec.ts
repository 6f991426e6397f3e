/** Images without a connection: bytes and files to matrices and back, on the codec threads. */
import { fileURLToPath } from 'node:url';
import { getAddon } from '../addon/addon.js';
import type { NativeMat } from '../addon/contract.js';
import { fromThrown } from '../addon/errors.js';
import { outOfRange, wrongType } from '../base/argument.js';
import { bytesToSend, isBytes } from '../base/memory.js';
import { cancellable, withCancellation } from './cancellable.js';
import { checkExtension, type ImageFormat } from './formats.js';
import type { MatFields } from './mat-fields.js';
import { fromNativeMat, toNativeMat } from './native-mat.js';
import {
  type EncodeOptions,
  type ReadOptions,
  readEncodeOptions,
  readReadOptions,
  readWriteOptions,
  type WriteOptions,
} from './options.js';
import { converted } from './sinks.js';
import { type ImageSource, readSource } from './sources.js';

/** A matrix that was decoded. */
export interface DecodedFields extends MatFields {
  readonly damaged: boolean;
}

export async function decode(bytes: Uint8Array, options?: ReadOptions): Promise<DecodedFields> {
  const { decode, signal } = readReadOptions(options);
  const advice = typeof bytes === 'string' ? 'Mat.read() reads a file' : undefined;
  const stable = bytesToSend(bytes, 'bytes', "a file's bytes as a Uint8Array", advice);
  return settled(async () =>
    decodedFields(await cancellable(signal, (end) => getAddon().decodeBytes(stable, withCancellation(decode, end)))),
  );
}

export async function read(path: string | URL, options?: ReadOptions): Promise<DecodedFields> {
  const { decode, signal } = readReadOptions(options);
  const name = readPath(path);
  return settled(async () =>
    decodedFields(await cancellable(signal, (end) => getAddon().readImage(name, withCancellation(decode, end)))),
  );
}

export async function encode(mat: MatFields, format: ImageFormat, options?: EncodeOptions): Promise<Uint8Array> {
  const settings = readEncodeOptions(options);
  if (typeof format !== 'string') throw wrongType('format', "a name such as '.png'", format);
  const { rows, cols, type, step, data } = toNativeMat(mat);
  return settled(() => getAddon().encodeImage(rows, cols, type, step, data, format, settings));
}

export async function write(mat: MatFields, path: string | URL, options?: WriteOptions): Promise<void> {
  const { format, encode: settings } = readWriteOptions(options);
  const name = readPath(path);
  if (format === '') checkExtension(name);
  const { rows, cols, type, step, data } = toNativeMat(mat);
  return settled(() => getAddon().writeImage(rows, cols, type, step, data, name, format, settings));
}

export async function fromImage(image: ImageSource): Promise<MatFields> {
  const { mat, channelOrder } = await readSource(image);
  return channelOrder === 'rgb' && mat.rows > 0 && mat.cols > 0 ? converted(mat, 'swapRedBlue') : mat;
}

function decodedFields(native: NativeMat): DecodedFields {
  return { ...fromNativeMat(native), damaged: native.damaged === true };
}

async function settled<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromThrown(error);
  }
}

function readPath(path: unknown): string {
  const expected = 'the path of an image file, as a string or a URL whose scheme is file:,';
  if (path instanceof URL && path.protocol !== 'file:') throw wrongType('path', expected, path);
  const name = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof name !== 'string') {
    throw wrongType('path', expected, path, isBytes(path) ? 'Mat.decode() decodes the bytes of a file' : undefined);
  }
  if (name === '') throw outOfRange('path', 'a path that is not empty', name);
  if (name.includes('\0')) throw outOfRange('path', 'a path without zero characters', name);
  return name;
}
