/** Peers that speak TLS and are no brokers, on the loopback interface. They end with the test. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

/** Listens; ends with the test, with its connections. */
async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** What a client told a peer once the connection was encrypted. */
export class TlsPeer {
  readonly port: number;
  /** Decrypted octets, of all connections. */
  readonly heard: Buffer[];

  readonly #sockets: Set<Socket>;

  private constructor(port: number, heard: Buffer[], sockets: Set<Socket>) {
    this.port = port;
    this.heard = heard;
    this.#sockets = sockets;
  }

  static async listen(options: TlsOptions): Promise<TlsPeer> {
    const heard: Buffer[] = [];
    const sockets = new Set<Socket>();
    const server = createTlsServer(options, (socket) => {
      sockets.add(socket);
      socket.on('data', (data: Buffer) => heard.push(data));
      socket.on('error', () => socket.destroy());
    });
    server.on('tlsClientError', () => {});
    return new TlsPeer(await listen(server), heard, sockets);
  }

  /** Closes its connections. */
  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get said(): string {
    return Buffer.concat(this.heard).toString('latin1');
  }
}

/** Accepts and says nothing: a handshake with it never ends. */
export function silentPeer(): Promise<number> {
  return listen(createServer());
}

/** Answers the first octets with these, and closes. */
export function rudePeer(answer: string | Uint8Array): Promise<number> {
  return listen(createServer((socket) => socket.once('data', () => socket.end(answer))));
}
