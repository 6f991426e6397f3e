/** The options of waiting and of decoding, and the one place that reads them. */

import { abortSignal, bare, boolean, type Read, readObject } from '../base/readers.js';
import { noLimits, type WaitOptions, waitReaders } from '../base/wait-options.js';
import { type Decode, type DecodeOptions, decodeReaders } from '../image/options.js';

/** Options of `receive()`. */
export type ReceiveOptions = WaitOptions;

/** Options of `receiveImage()`. */
export interface ReceiveImageOptions extends DecodeOptions, WaitOptions {}

/** Options of `messages()`. */
export interface MessagesOptions extends Pick<WaitOptions, 'signal'> {
  /**
   * true: when the loop comes back for the next message, the one before is released (`Message.release()`), and its
   * memory is used again at once. For streams of large bodies of which the program keeps nothing. Default: false, so
   * that a body may be kept.
   */
  readonly reuse?: boolean | undefined;
}

/** Options of `images()`. With `reuse`, the pixels are released, too. */
export interface ImagesOptions extends DecodeOptions, MessagesOptions {}

const unchanged: Decode = bare({});

const iterationReaders = { signal: abortSignal, reuse: boolean };
const imageReaders = { ...decodeReaders, ...waitReaders };
const imagesReaders = { ...decodeReaders, ...iterationReaders };

/** @throws TypeError, RangeError */
export function readMessagesOptions(options: unknown): { limits: WaitOptions; reuse: boolean } {
  const { reuse = false, signal } = readObject(options ?? {}, 'options', iterationReaders);
  return { limits: bare({ signal }), reuse };
}

/** @throws TypeError, RangeError */
export function readReceiveImageOptions(options: unknown): { limits: WaitOptions; decode: Decode } {
  return options === undefined
    ? { limits: noLimits, decode: unchanged }
    : split(readObject(options, 'options', imageReaders));
}

/** @throws TypeError, RangeError */
export function readImagesOptions(options: unknown): { limits: WaitOptions; decode: Decode; reuse: boolean } {
  const { reuse = false, ...others } = readObject(options ?? {}, 'options', imagesReaders);
  return { ...split(bare(others)), reuse };
}

function split({ signal, timeout, ...decode }: Read<typeof imageReaders>): { limits: WaitOptions; decode: Decode } {
  return { limits: bare({ signal, timeout }), decode: bare(decode) };
}
