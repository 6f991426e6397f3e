/** A TCP proxy that does to connections what networks do: resets, freezes, swallows, trickles, cuts into pieces. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { LOOPBACK } from '../../tools/ports.js';

/** What a connection has carried so far, in bytes: `up` from the client to the broker, `down` the other way. */
export interface Carried {
  up: number;
  down: number;
}

type Direction = keyof Carried;

/** What happens to octets on their way. */
export type Manner =
  /** They pass. */
  | { readonly kind: 'pass' }
  /** They stay where they are: sockets are open, nobody reads them. */
  | { readonly kind: 'freeze' }
  /** They are taken and thrown away, both ways, without FIN or RST: a peer that is gone, and nobody says so. */
  | { readonly kind: 'swallow' }
  /** So many bytes a second pass, each way. */
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  /** Each byte is written on its own. */
  | { readonly kind: 'cut' };

const PASS: Manner = { kind: 'pass' };
/** A trickle has so many drops a second. */
const DROPS = 10;

/** One client's connection through the proxy. */
class Passage {
  readonly carried: Carried = { up: 0, down: 0 };
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #manner: () => Manner;
  readonly #resetAt: number | undefined;
  readonly #onReset: (carried: Carried) => void;
  #ended = false;

  constructor(
    client: Socket,
    port: number,
    manner: () => Manner,
    resetAt: number | undefined,
    onReset: (carried: Carried) => void,
  ) {
    this.#client = client;
    this.#broker = connect({ port, host: LOOPBACK, noDelay: true });
    this.#manner = manner;
    this.#resetAt = resetAt;
    this.#onReset = onReset;
    for (const socket of [client, this.#broker]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
    void this.#carry(client, this.#broker, 'up');
    void this.#carry(this.#broker, client, 'down');
  }

  /** Ends both sides with RST. */
  reset(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.resetAndDestroy();
    this.#broker.resetAndDestroy();
    this.#onReset(this.carried);
  }

  destroy(): void {
    this.#ended = true;
    this.#client.destroy();
    this.#broker.destroy();
  }

  /** Octets from one side to the other, as the proxy's manner has it at each moment. */
  async #carry(from: Socket, to: Socket, direction: Direction): Promise<void> {
    try {
      for await (const chunk of from) {
        let rest: Buffer = chunk;
        while (rest.length > 0 && !this.#ended) {
          const size = await this.#ration(rest.length);
          if (size === 0) continue;
          const piece = rest.subarray(0, Math.min(size, this.#untilReset()));
          rest = rest.subarray(piece.length);
          this.carried[direction] += piece.length;
          if (this.#manner().kind !== 'swallow') await this.#write(to, piece);
          if (this.#untilReset() <= 0) return this.reset();
        }
      }
      if (this.#manner().kind === 'pass') to.end();
    } catch {
      this.destroy();
    }
  }

  #untilReset(): number {
    return (this.#resetAt ?? Number.POSITIVE_INFINITY) - this.carried.up - this.carried.down;
  }

  async #write(to: Socket, piece: Buffer): Promise<void> {
    if (to.write(piece) || to.destroyed) return;
    const over = new AbortController();
    await Promise.race(['drain', 'close'].map((event) => once(to, event, over)));
    over.abort();
  }

  /** How many of `size` bytes go now; 0: ask again. */
  async #ration(size: number): Promise<number> {
    const manner = this.#manner();
    switch (manner.kind) {
      case 'pass':
      case 'swallow':
        return size;
      case 'freeze':
        await delay(5);
        return 0;
      case 'trickle':
        await delay(1000 / DROPS);
        return Math.min(size, Math.ceil(manner.bytesPerSecond / DROPS));
      case 'cut':
        await turn();
        return 1;
    }
  }
}

export class TcpProxy implements AsyncDisposable {
  /** Where the connections so far were reset. */
  readonly resets: Carried[] = [];
  /** Decides for each new connection after how many bytes, both ways together, it is reset; undefined: never. */
  resetAfter: () => number | undefined = () => undefined;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #manner: Manner = PASS;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const passage: Passage = new Passage(
        client,
        port,
        () => this.#manner,
        this.resetAfter(),
        (carried) => this.resets.push(carried),
      );
      this.#passages.add(passage);
      client.once('close', () => this.#passages.delete(passage));
    });
  }

  /** A proxy on a free port of the loopback interface in front of what listens on `port`. */
  static async before(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    proxy.#server.listen(0, LOOPBACK);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return address.port;
  }

  /** The broker's URL through the proxy. */
  url(brokerUrl: string): string {
    const url = new URL(brokerUrl);
    url.port = String(this.port);
    return url.href;
  }

  /** From now on, for connections that exist and those that follow. */
  set manner(manner: Manner) {
    this.#manner = manner;
  }

  /** Resets what is open. */
  resetAll(): void {
    for (const passage of [...this.#passages]) passage.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const passage of this.#passages) passage.destroy();
    await closed;
  }
}
