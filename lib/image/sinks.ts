/** A matrix in the form that other packages take. */
import { getAddon } from '../addon/addon.js';
import { fromThrown } from '../addon/errors.js';
import { outOfRange, wrongType } from '../base/argument.js';
import { ImageError } from '../base/errors.js';
import { channelsOf, type MatData, typeName } from './cv-type.js';
import type { MatFields } from './mat-fields.js';
import { fromNativeMat, toNativeMat } from './native-mat.js';

/** What of `@u4/opencv4nodejs` is needed: the module, imported by the program. */
export interface Opencv4nodejs<M> {
  readonly Mat: new (
    rows: number,
    cols: number,
    type: number,
    data: Buffer,
    step: number,
  ) => { copyAsync(): Promise<M> };
}

/** What `sharp(data, { raw: info })` takes. */
export interface SharpInput {
  /** Gray, gray with alpha, RGB or RGBA, as the typed array of the depth, which sharp reads. */
  readonly data: MatData;
  readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
}

/** What `new ImageData(data, width)` and `context.putImageData()` take. */
export interface ImageDataOutput {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly colorSpace: 'srgb';
}

const MAX_STEP = 0x7fffffff;

/** The memory is read by a thread of opencv4nodejs. */
export async function toOpencv4nodejs<M>(mat: MatFields, cv: Opencv4nodejs<M>): Promise<M> {
  if (typeof cv?.Mat !== 'function') throw wrongType('cv', 'the module @u4/opencv4nodejs', cv);
  const { rows, cols, type, step, data } = toNativeMat(mat);
  if (step > MAX_STEP) throw outOfRange('step', `at most ${MAX_STEP} for an opencv4nodejs matrix`, step);
  const memory = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // Its constructor makes a matrix over this memory and does not hold it: so we hold it until the copy is made.
  const view = new cv.Mat(rows, cols, type, memory, step);
  const copy = view.copyAsync();
  held.add(memory);
  try {
    return await copy;
  } finally {
    held.delete(memory);
  }
}

/** Memory in use by another package. A set, because a local variable that is not used any more keeps nothing alive. */
const held = new Set<Buffer>();

export async function toSharp(mat: MatFields): Promise<SharpInput> {
  const channels = channelsOf(mat.type);
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new ImageError('CANNOT_ENCODE', `expected 1 to 4 channels for sharp but received ${typeName(mat.type)}`);
  }
  const { data, cols, rows } = await converted(mat, channels > 2 ? 'swapRedBlue' : 'copy');
  return { data, info: { width: cols, height: rows, channels } };
}

export async function toImageData(mat: MatFields): Promise<ImageDataOutput> {
  const { data, cols, rows } = await converted(mat, 'rgba');
  // An array of its own memory, as an ImageData's is.
  const pixels = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  return { data: pixels, width: cols, height: rows, colorSpace: 'srgb' };
}

/** A new matrix, made on a codec thread. */
export async function converted(mat: MatFields, conversion: 'copy' | 'swapRedBlue' | 'rgba'): Promise<MatFields> {
  const { rows, cols, type, step, data } = toNativeMat(mat);
  try {
    return fromNativeMat(await getAddon().convertImage(rows, cols, type, step, data, conversion));
  } catch (error) {
    throw fromThrown(error);
  }
}
