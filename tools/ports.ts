import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** The address private servers listen on; nothing of them is reachable from outside. */
export const LOOPBACK = '127.0.0.1';

// Below the range that systems take the ports of outgoing connections from (32768 on Linux, 49152 elsewhere), so that a
// server which is down for a moment finds its port free when it comes back.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: LOOPBACK, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Draws a number of different ports that are free now. Another program may be quicker: be ready to draw again. */
export async function drawFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Whether something accepts connections there and, when `greeting` is given, answers it. */
export function answers(port: number, greeting?: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => {
      if (greeting) socket.write(greeting);
      else done(true);
    });
    socket.on('data', () => done(true));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
  });
}
