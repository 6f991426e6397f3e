/**
 * A matrix as a plain object of its fields. Codecs, sources and sinks work on it, so that they need not know the class
 * `Mat`, which is built on them.
 */
import { readable, wrongType } from '../base/argument.js';
import { MatmqError } from '../base/errors.js';
import { type CvTypeName, elementsOf, type MatData, readType } from './cv-type.js';
import { layoutOf, viewOf } from './layout.js';

/** Every `Mat` is one. */
export interface MatFields {
  readonly rows: number;
  readonly cols: number;
  /** OpenCV's number of the type. */
  readonly type: number;
  /** Bytes from the beginning of one row to the beginning of the next. */
  readonly step: number;
  /** From the first row's first element to the last row's last. */
  readonly data: MatData;
}

/** What `Mat.from()` and `sendImage()` take for a matrix. */
export interface MatLike {
  readonly rows: number;
  readonly cols: number;
  /** OpenCV's number or name of the type. */
  readonly type: number | CvTypeName;
  /** The rows, `step` bytes apart. */
  readonly data: ArrayBufferView | ArrayBufferLike;
  /** Bytes from one row to the next. Default: as many as a row has. */
  readonly step?: number | undefined;
}

/** Where a `Mat` keeps what its `data` gives: a symbol, so that a proxy of a Mat is as good as the Mat. */
export const PIXELS = Symbol('pixels');

/** The pixels of a `Mat`, also when their memory is gone; undefined for anything else. */
export function pixelsIn(value: unknown): MatData | undefined {
  return typeof value === 'object' && value !== null ? (value as { readonly [PIXELS]?: MatData })[PIXELS] : undefined;
}

/** @throws MatmqError `RELEASED` when the matrix has pixels and their memory is gone */
export function checkPresent(pixels: MatData, rows: number, cols: number): void {
  if (pixels.length > 0 || rows === 0 || cols === 0) return;
  throw new MatmqError(
    'RELEASED',
    'expected the pixels of a Mat but their memory is gone: its message was released (release(), using, ' +
      'a loop with reuse), or it was given away (transfer, postMessage). clone() it before, or read what is needed',
  );
}

/**
 * The fields of a matrix over `data`, or over new memory without it.
 * @throws TypeError, RangeError for fields that contradict each other
 */
export function matFields(
  rows: number,
  cols: number,
  type: number | CvTypeName,
  data?: ArrayBufferView | ArrayBufferLike,
  step?: number,
): MatFields {
  const layout = layoutOf(rows, cols, readType(type), step);
  const elements =
    data === undefined ? elementsOf(layout.type, new ArrayBuffer(layout.bytes), 0, layout.bytes) : viewOf(data, layout);
  return { rows: layout.rows, cols: layout.cols, type: layout.type, step: layout.step, data: elements };
}

/** Reads an object that has the fields of a matrix. @throws TypeError, RangeError */
export function readMatLike(source: unknown): MatFields {
  const { rows, cols, type, data, step } = readable('an image', () => {
    if (typeof source !== 'object' || source === null || !('rows' in source && 'cols' in source && 'type' in source)) {
      throw wrongType('image', 'a Mat or an object with rows, cols, type and data', source);
    }
    const { rows, cols, type, data, step } = source as MatLike;
    return { rows, cols, type, data, step };
  });
  if (data === undefined) throw wrongType('image.data', 'a typed array', data);
  return matFields(rows, cols, type, data, step);
}
