/**
 * A broker that follows a script, for what a real one cannot be made to do: it logs one producer or consumer in,
 * confirms and delivers, and lets an injector put octets in at every step of the conversation.
 *
 * 1. A step is a frame that came in whole, or one that went out. The conversation answers each frame at once, so the
 *    steps of a client that does the same thing come in the same order each time.
 * 2. The injector is asked behind every step, with the octets about to go out, and answers what goes out instead.
 * 3. Connections are numbered from 1; the injector chooses whom it troubles.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { drawFreePorts, LOOPBACK } from '../../../tools/ports.js';
import {
  bodyFrame,
  Fields,
  FRAME,
  FrameCutter,
  frame,
  headerFrame,
  type MethodName,
  methodFrame,
  type ReceivedFrame,
} from './frames.js';

export const FRAME_MAX = 4096;
const BODY_CHUNK = FRAME_MAX - 8;

/** Bodies that a subscriber gets: small, of several frames, empty; and one more when it has acknowledged those. */
export const DELIVERIES = ['first', 'x'.repeat(3 * BODY_CHUNK + 5), '', 'fourth', 'last'].map((text) =>
  Buffer.from(text),
);
const AT_ONCE = DELIVERIES.length - 1;

/** The routing key of messages that the broker returns. */
export const NOWHERE = 'nowhere';

/** A place in the conversation. */
export interface Step {
  /** From 0. */
  readonly number: number;
  readonly connection: number;
  /** What just happened, such as "got connection.open" or "sent basic.ack". */
  readonly what: string;
  /** Whether it went out; otherwise it came in. */
  readonly sent: boolean;
}

/** What goes out, and whether the conversation goes on behind it: `silent` sends no more, `end` closes the socket. */
export interface Insertion {
  readonly octets: Buffer;
  readonly next: 'go on' | 'silent' | 'end';
}

export interface Injector {
  /** Behind a step; undefined: nothing. */
  behind?(step: Step): Insertion | undefined;
  /** Instead of the frame about to go out. */
  instead?(step: Step, frame: Buffer): Insertion | undefined;
}

/** A message that has come in whole. */
export interface Published {
  /** By which it is confirmed. */
  readonly tag: number;
  readonly key: string;
  /** Payload of its content header. */
  readonly header: Buffer;
}

export interface FakeBrokerOptions {
  readonly injector?: Injector;
  readonly heartbeat?: number;
  /** Answers a message, instead of a confirmation, or a return before it where it goes nowhere. */
  onPublish?(published: Published, conversation: Conversation): void;
  onConnection?(conversation: Conversation): void;
  /** Seen before it is answered: each frame of the client. */
  onFrame?(frame: ReceivedFrame, conversation: Conversation): void;
}

const startFields = () =>
  new Fields()
    .octet(0)
    .octet(9)
    .table(
      new Fields()
        .shortstr('product')
        .raw(Buffer.from('S'))
        .longstr('RabbitMQ')
        .shortstr('version')
        .raw(Buffer.from('S'))
        .longstr('3.13.0'),
    )
    .longstr('PLAIN AMQPLAIN')
    .longstr('en_US');

const ok = (channel: number, name: MethodName, fields?: Fields) => () => [methodFrame(channel, name, fields)];

/** What each method of the client is answered with. */
const ANSWERS: { readonly [name in MethodName]?: (conversation: Conversation) => Buffer[] } = {
  'connection.start-ok': (c) => [
    methodFrame(0, 'connection.tune', new Fields().short(1).long(FRAME_MAX).short(c.heartbeat)),
  ],
  'connection.open': ok(0, 'connection.open-ok', new Fields().shortstr('')),
  'channel.open': ok(1, 'channel.open-ok', new Fields().longstr('')),
  'confirm.select': ok(1, 'confirm.select-ok'),
  'exchange.declare': ok(1, 'exchange.declare-ok'),
  'queue.declare': ok(1, 'queue.declare-ok', new Fields().shortstr('amq.gen-fake').long(0).long(0)),
  'queue.bind': ok(1, 'queue.bind-ok'),
  'basic.qos': ok(1, 'basic.qos-ok'),
  'basic.consume': () => [
    methodFrame(1, 'basic.consume-ok', new Fields().shortstr('tag')),
    ...DELIVERIES.slice(0, AT_ONCE).flatMap((body, i) => delivery(i + 1, body)),
  ],
  'basic.ack': (c) => (++c.acknowledged === AT_ONCE ? delivery(AT_ONCE + 1, DELIVERIES[AT_ONCE] as Buffer) : []),
  'connection.close': ok(0, 'connection.close-ok'),
};

/** basic.deliver with its content. */
export function delivery(tag: number | bigint, body: Buffer): Buffer[] {
  const fields = new Fields().shortstr('tag').longlong(tag).octet(0).shortstr('exchange').shortstr('key');
  return [methodFrame(1, 'basic.deliver', fields), ...content(body)];
}

export function content(body: Buffer): Buffer[] {
  const frames = [headerFrame(body.length)];
  for (let at = 0; at < body.length; at += BODY_CHUNK) frames.push(bodyFrame(body.subarray(at, at + BODY_CHUNK)));
  return frames;
}

/** basic.return with the message as it came. */
export function returned(header: Buffer, body: Buffer): Buffer[] {
  const reason = new Fields().short(312).shortstr('NO_ROUTE').shortstr('exchange').shortstr(NOWHERE);
  return [methodFrame(1, 'basic.return', reason), frame(FRAME.header, 1, header), ...content(body).slice(1)];
}

/** One connection. */
export class Conversation {
  readonly number: number;
  readonly heartbeat: number;
  readonly socket: Socket;
  /** Deliveries that the client has acknowledged. */
  acknowledged = 0;
  readonly #options: FakeBrokerOptions;
  readonly #steps: string[];
  readonly #cutter = new FrameCutter();
  #greeted = false;
  #silent = false;
  #step = 0;
  #publish: { key: string; header: Buffer; left: number; body: Buffer[] } | undefined;
  #published = 0;

  constructor(number: number, socket: Socket, options: FakeBrokerOptions, steps: string[]) {
    this.number = number;
    this.socket = socket;
    this.heartbeat = options.heartbeat ?? 1;
    this.#options = options;
    this.#steps = steps;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    options.onConnection?.(this);
    this.#after('accepted', false);
  }

  /** Sends frames, each a step. */
  send(frames: readonly Buffer[], what: string): void {
    for (const octets of frames) {
      if (this.#silent) return;
      const step = { number: this.#step, connection: this.number, what: `sending ${what}`, sent: true };
      const insertion = this.#options.injector?.instead?.(step, octets);
      this.#write(insertion ?? { octets, next: 'go on' });
      this.#after(`sent ${what}`, true);
    }
  }

  #write({ octets, next }: Insertion): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (octets.length > 0) this.socket.write(octets);
    if (next !== 'go on') this.#silent = true;
    if (next === 'end') this.socket.end();
  }

  #after(what: string, sent: boolean): void {
    const step = { number: this.#step++, connection: this.number, what, sent };
    if (this.number === 1) this.#steps.push(what);
    if (this.#silent) return;
    const insertion = this.#options.injector?.behind?.(step);
    if (insertion !== undefined) this.#write(insertion);
  }

  #onData(chunk: Buffer): void {
    let octets = chunk;
    if (!this.#greeted) {
      this.#greeted = true;
      octets = chunk.subarray(8);
      this.#after('got the protocol header', false);
      this.send([methodFrame(0, 'connection.start', startFields())], 'connection.start');
    }
    for (const received of this.#cutter.push(octets)) this.#onFrame(received);
  }

  #onFrame(received: ReceivedFrame): void {
    this.#options.onFrame?.(received, this);
    const what = received.method ?? `a frame of type ${received.type}`;
    // When these come depends on the clock.
    if (received.type !== FRAME.heartbeat) this.#after(`got ${what}`, false);
    if (received.type === FRAME.method) this.#onMethod(received);
    else if (received.type !== FRAME.heartbeat) this.#onContent(received);
  }

  #onMethod({ method, payload }: ReceivedFrame): void {
    if (method === undefined) return;
    if (method === 'basic.publish') {
      const exchangeLength = payload.readUInt8(6);
      const keyAt = 7 + exchangeLength;
      const key = payload.toString('utf8', keyAt + 1, keyAt + 1 + payload.readUInt8(keyAt));
      this.#publish = { key, header: Buffer.alloc(0), left: 0, body: [] };
      return;
    }
    const answer = ANSWERS[method]?.(this);
    if (answer !== undefined) this.send(answer, `the answer to ${method}`);
    if (!this.#silent && (method === 'connection.close' || method === 'connection.close-ok')) this.socket.end();
  }

  #onContent({ type, payload }: ReceivedFrame): void {
    const publish = this.#publish;
    if (publish === undefined) return;
    if (type === FRAME.header) {
      publish.header = payload;
      publish.left = Number(payload.readBigUInt64BE(4));
    } else {
      publish.left -= payload.length;
      if (publish.key === NOWHERE) publish.body.push(payload);
    }
    if (publish.left > 0) return;
    this.#publish = undefined;
    const tag = ++this.#published;
    if (this.#options.onPublish !== undefined) {
      this.#options.onPublish({ tag, key: publish.key, header: publish.header }, this);
      return;
    }
    if (publish.key === NOWHERE) {
      const reason = new Fields().short(312).shortstr('NO_ROUTE').shortstr('exchange').shortstr(NOWHERE);
      const header = new Fields()
        .octet(FRAME.header)
        .short(1)
        .long(publish.header.length)
        .raw(publish.header)
        .octet(0xce);
      const bodies = content(Buffer.concat(publish.body)).slice(1);
      this.send([methodFrame(1, 'basic.return', reason), header.bytes(), ...bodies], 'basic.return');
    }
    this.send([methodFrame(1, 'basic.ack', new Fields().longlong(tag).octet(0))], 'basic.ack');
  }
}

export class FakeBroker implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of the first connection, in order. */
  readonly steps: string[] = [];
  connections = 0;

  private constructor(options: FakeBrokerOptions) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      new Conversation(++this.connections, socket, options, this.steps);
    });
  }

  static async start(options: FakeBrokerOptions = {}): Promise<FakeBroker> {
    const broker = new FakeBroker(options);
    // Not port 0: a client that comes back to a port of that range, where nobody listens, may meet itself.
    for (let triesLeft = 20; ; triesLeft--) {
      const [port] = await drawFreePorts(1);
      try {
        broker.#server.listen(port, LOOPBACK);
        await once(broker.#server, 'listening');
        return broker;
      } catch (error) {
        const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'; // another test was quicker
        if (!taken || triesLeft === 0) throw error;
      }
    }
  }

  get url(): string {
    return `amqp://guest:guest@${LOOPBACK}:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
