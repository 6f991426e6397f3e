/** A `Mat` as other packages want it. */
import { getAddon } from './addon.js';
import { outOfRange, wrongType } from './argument.js';
import type { MatData } from './cv-type.js';
import { fromThrown, ImageError } from './errors.js';
import type { Mat } from './mat.js';
import { matOf } from './native-mat.js';
import { matToSend } from './send-memory.js';

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
export async function toOpencv4nodejs<M>(mat: Mat, cv: Opencv4nodejs<M>): Promise<M> {
  if (typeof cv?.Mat !== 'function') throw wrongType('cv', 'the module @u4/opencv4nodejs', cv);
  const { rows, cols, type, step, data } = matToSend(mat);
  if (step > MAX_STEP) throw outOfRange('step', `at most ${MAX_STEP} for an opencv4nodejs matrix`, step);
  const memory = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // Its constructor makes a matrix over this memory, without holding it: so it is copied, and we hold it meanwhile.
  const view = new cv.Mat(rows, cols, type, memory, step);
  const copy = view.copyAsync();
  held.add(memory);
  try {
    return await copy;
  } finally {
    held.delete(memory);
  }
}

/** A local variable that is not used any more does not keep what it names. */
const held = new Set<Buffer>();

export async function toSharp(mat: Mat): Promise<SharpInput> {
  const { channels, typeName } = mat;
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new ImageError('CANNOT_ENCODE', `expected 1 to 4 channels for sharp but received ${typeName}`);
  }
  const { data, cols, rows } = await converted(mat, channels > 2 ? 'swapRedBlue' : 'copy');
  return { data, info: { width: cols, height: rows, channels } };
}

export async function toImageData(mat: Mat): Promise<ImageDataOutput> {
  const { data, cols, rows } = await converted(mat, 'rgba');
  // An array of its own memory, as an ImageData's is.
  const pixels = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  return { data: pixels, width: cols, height: rows, colorSpace: 'srgb' };
}

/** A new matrix, made on a codec thread. */
export async function converted(mat: Mat, conversion: 'copy' | 'swapRedBlue' | 'rgba'): Promise<Mat> {
  const { rows, cols, type, step, data } = matToSend(mat);
  try {
    return matOf(await getAddon().convertImage(rows, cols, type, step, data, conversion));
  } catch (error) {
    throw fromThrown(error);
  }
}
