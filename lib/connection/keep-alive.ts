/** Keeps the process alive while the program waits for a producer or consumer, and no longer. */

interface Handle {
  ref(): void;
  unref(): void;
}

export class KeepAlive {
  readonly #handle: Handle;
  readonly #wanted: () => boolean;
  #isReferenced = false;

  /** `wanted` says whether the program waits; `update()` is called whenever its answer may have changed. */
  constructor(handle: Handle, wanted: () => boolean) {
    this.#handle = handle;
    this.#wanted = wanted;
  }

  update(): void {
    const wanted = this.#wanted();
    if (wanted === this.#isReferenced) return;
    this.#isReferenced = wanted;
    if (wanted) this.#handle.ref();
    else this.#handle.unref();
  }
}
