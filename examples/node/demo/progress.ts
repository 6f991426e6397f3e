import { SingleBar } from 'cli-progress';

/** A progress bar; in a log file or a pipe, a line every second. */
export class Progress implements Disposable {
  readonly #bar = new SingleBar({
    stream: process.stdout,
    format: '{label} {bar} {value}/{total} images',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 1000,
    // The demo itself handles Ctrl-C.
    gracefulExit: false,
  });

  constructor(total: number, label: string) {
    this.#bar.start(total, 0, { label: label.padEnd(4) });
  }

  step(label: string): void {
    this.#bar.increment(1, { label: label.padEnd(4) });
  }

  [Symbol.dispose](): void {
    this.#bar.stop();
  }
}
