/** The AMQP peer that clients are measured against alone. */
import { Program } from './program.js';

export interface PeerOptions {
  /** What each consumer gets; without it, the peer discards what is published. */
  readonly flood?: { readonly size: number; readonly count: number };
  readonly confirms?: 'single' | 'multiple';
}

export class Peer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  static async start({ flood, confirms = 'single' }: PeerOptions = {}): Promise<Peer> {
    const program = Program.native('amqp-peer', { confirms, ...flood });
    const { port } = JSON.parse(await program.line()) as { port: number };
    return new Peer(program, port);
  }

  /** What was published on the connection that ended next. */
  async count(): Promise<{ readonly messages: number; readonly bytes: number }> {
    return JSON.parse(await this.#program.line()) as { messages: number; bytes: number };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
