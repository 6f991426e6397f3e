/** Servers on the loopback interface that are no brokers, plain and with TLS. They end with the test. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { LOOPBACK } from '../../tools/ports.js';

/** Listens; ends with the test, with its connections. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Accepts connections and does with them what `onConnection` does; its port. */
export function peer(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(createServer(onConnection));
}

/** Accepts and sends nothing: a handshake with it never ends. */
export function silentPeer(): Promise<number> {
  return peer(() => {});
}

/** Answers the first octets with these, and closes. */
export function closingPeer(answer: string | Uint8Array): Promise<number> {
  return peer((socket) => socket.once('data', () => socket.end(answer)));
}

/** A peer that speaks TLS, and keeps what its clients send once the connection is encrypted. */
export class TlsPeer {
  readonly port: number;
  readonly #received: Buffer[];
  readonly #sockets: Set<Socket>;

  private constructor(port: number, received: Buffer[], sockets: Set<Socket>) {
    this.port = port;
    this.#received = received;
    this.#sockets = sockets;
  }

  static async listen(options: TlsOptions): Promise<TlsPeer> {
    const received: Buffer[] = [];
    const sockets = new Set<Socket>();
    const server = createTlsServer(options, (socket) => {
      sockets.add(socket);
      socket.on('data', (data: Buffer) => received.push(data));
      socket.on('error', () => socket.destroy());
    });
    server.on('tlsClientError', () => {});
    return new TlsPeer(await listen(server), received, sockets);
  }

  /** Closes its connections. */
  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Decrypted octets, of all connections, each a character. */
  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }
}
