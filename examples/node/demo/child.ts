import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Report, Route } from './protocol.js';

/** A process of the demo. It ends with us at the latest, because the channel between us closes then. */
export class Child implements Disposable {
  /** Resolves when it has ended in order, rejects when it ended in another way. */
  readonly ended: Promise<void>;
  /** Only rejects. */
  readonly failure: Promise<never>;
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #reports: AsyncIterator<unknown[], undefined>;

  constructor(name: 'publisher' | 'receiver') {
    this.#name = name;
    this.#process = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)));
    this.#reports = on(this.#process, 'message', { close: ['disconnect'] });
    const ended = this.#end();
    this.ended = ended;
    this.failure = ended.then(() => new Promise(() => {}));
    // It may fail when nobody looks any more.
    this.failure.catch(() => {});
  }

  send(message: Route | Order): void {
    this.#process.send(message);
  }

  /** What it says next, which must be of this kind. */
  async expect<Kind extends Report['kind']>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    const { value } = await this.#reports.next();
    const report = value?.[0] as Report | undefined;
    if (report?.kind === kind) return report as Extract<Report, { kind: Kind }>;
    if (report) throw new Error(`the ${this.#name} said "${report.kind}" instead of "${kind}"`);
    // Its exit says more than that it is silent.
    await this.ended;
    throw new Error(`the ${this.#name} ended too early`);
  }

  [Symbol.dispose](): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
  }

  async #end(): Promise<void> {
    const [code, signal] = await once(this.#process, 'exit');
    if (code !== 0) throw new Error(`the ${this.#name} ended with ${signal ?? `exit code ${code}`}`);
  }
}
