/**
 * AMQP 0-9-1 frames as a broker writes and reads them, and ways to write them wrong. Written by hand, because a codec
 * that is well kept refuses to write what these tests need.
 */

export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
const FRAME_END = 0xce;
const HEADER_SIZE = 7;
const CLASS_BASIC = 60;

/** Class and method numbers (AMQP 0-9-1, 1.3). */
export const METHODS = {
  'connection.start': [10, 10],
  'connection.start-ok': [10, 11],
  'connection.tune': [10, 30],
  'connection.tune-ok': [10, 31],
  'connection.open': [10, 40],
  'connection.open-ok': [10, 41],
  'connection.close': [10, 50],
  'connection.close-ok': [10, 51],
  'connection.blocked': [10, 60],
  'connection.unblocked': [10, 61],
  'channel.open': [20, 10],
  'channel.open-ok': [20, 11],
  'channel.flow': [20, 20],
  'channel.close': [20, 40],
  'channel.close-ok': [20, 41],
  'exchange.declare': [40, 10],
  'exchange.declare-ok': [40, 11],
  'queue.declare': [50, 10],
  'queue.declare-ok': [50, 11],
  'queue.bind': [50, 20],
  'queue.bind-ok': [50, 21],
  'basic.qos': [60, 10],
  'basic.qos-ok': [60, 11],
  'basic.consume': [60, 20],
  'basic.consume-ok': [60, 21],
  'basic.cancel': [60, 30],
  'basic.publish': [60, 40],
  'basic.return': [60, 50],
  'basic.deliver': [60, 60],
  'basic.ack': [60, 80],
  'basic.nack': [60, 120],
  'confirm.select': [85, 10],
  'confirm.select-ok': [85, 11],
} as const satisfies { readonly [name: string]: readonly [number, number] };

export type MethodName = keyof typeof METHODS;

const NAMES = new Map(Object.entries(METHODS).map(([name, [c, m]]) => [(c << 16) | m, name as MethodName]));

/** Arguments of a method, or properties: one field after the other. */
export class Fields {
  readonly #parts: Buffer[] = [];

  octet(value: number): this {
    return this.raw(Buffer.from([value]));
  }
  short(value: number): this {
    const part = Buffer.alloc(2);
    part.writeUInt16BE(value);
    return this.raw(part);
  }
  long(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value);
    return this.raw(part);
  }
  longlong(value: number | bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64BE(BigInt(value));
    return this.raw(part);
  }
  shortstr(text: string): this {
    const bytes = Buffer.from(text);
    return this.octet(bytes.length).raw(bytes);
  }
  longstr(text: string): this {
    const bytes = Buffer.from(text);
    return this.long(bytes.length).raw(bytes);
  }
  table(entries: Fields = new Fields()): this {
    const bytes = entries.bytes();
    return this.long(bytes.length).raw(bytes);
  }
  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** A table within a table, so many levels deep. */
export function nested(depth: number): Fields {
  let table = new Fields();
  for (let i = 1; i < depth; i++) table = new Fields().shortstr('t').raw(Buffer.from('F')).table(table);
  return table;
}

export function frame(type: number, channel: number, payload: Uint8Array, end = FRAME_END): Buffer {
  return new Fields().octet(type).short(channel).long(payload.length).raw(payload).octet(end).bytes();
}

export function methodFrame(channel: number, name: MethodName, fields = new Fields()): Buffer {
  const [classId, methodId] = METHODS[name];
  return frame(FRAME.method, channel, new Fields().short(classId).short(methodId).raw(fields.bytes()).bytes());
}

/** `properties`: the flags and what they announce. */
export function headerFrame(bodySize: number | bigint, properties = new Fields().short(0)): Buffer {
  const payload = new Fields().short(CLASS_BASIC).short(0).longlong(bodySize).raw(properties.bytes()).bytes();
  return frame(FRAME.header, 1, payload);
}

export const bodyFrame = (payload: Uint8Array) => frame(FRAME.body, 1, payload);
export const heartbeatFrame = () => frame(FRAME.heartbeat, 0, Buffer.alloc(0));

/** A frame from the client. */
export interface ReceivedFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
  /** Of a method frame. */
  readonly method: MethodName | undefined;
}

/** Cuts a stream into frames; the client is trusted to write them well, and what it does not is an error. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): ReceivedFrame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: ReceivedFrame[] = [];
    while (this.#rest.length >= HEADER_SIZE) {
      const size = this.#rest.readUInt32BE(3);
      if (this.#rest.length < HEADER_SIZE + size + 1) break;
      if (this.#rest[HEADER_SIZE + size] !== FRAME_END) throw new Error('the client sent a frame without its end');
      const type = this.#rest.readUInt8(0);
      const payload = Buffer.from(this.#rest.subarray(HEADER_SIZE, HEADER_SIZE + size));
      const method = type === FRAME.method ? NAMES.get(payload.readUInt32BE(0)) : undefined;
      frames.push({ type, channel: this.#rest.readUInt16BE(1), payload, method });
      this.#rest = this.#rest.subarray(HEADER_SIZE + size + 1);
    }
    return frames;
  }
}
