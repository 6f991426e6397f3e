/** How large the messages are, and how many of them make one measurement. */

export interface Size {
  readonly name: string;
  readonly bytes: number;
}

/** A 4K picture, BGR. */
export const FRAME_4K: Size = { name: '24.9MB', bytes: 3840 * 2160 * 3 };

/** A small JPEG. */
export const SMALL: Size = { name: '22kB', bytes: 22_000 };

export const SIZES: readonly Size[] = [SMALL, { name: '1MB', bytes: 1_000_000 }, FRAME_4K];

/** How much work the benchmark is. */
export interface Effort {
  readonly rounds: number;
  /** Of all counts: 1 for figures to trust, less to see that everything works. */
  readonly scale: number;
  /** 4K pictures that are streamed to see what memory it takes. */
  readonly frames: number;
  /** Starts of a program with the empty addon, and as many without. */
  readonly imports: number;
}

export interface Counts {
  readonly count: number;
  readonly warm: number;
}

/** So many messages, or fewer; before them a tenth, as the compilers of JavaScript clients want to be warm. */
export function scaled(messages: number, { scale }: Effort): Counts {
  const count = Math.max(4, Math.round(messages * scale));
  return { count, warm: Math.max(2, Math.round(count / 10)) };
}

/** As many messages as make so many bytes. */
export function countsFor(size: Size, bytes: number, effort: Effort): Counts {
  return scaled(Math.ceil(bytes / size.bytes), effort);
}
