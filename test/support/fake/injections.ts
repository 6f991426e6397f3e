/** What the fake broker puts in: everything AMQP has, at places where it may and may not be, and what AMQP has not. */

import type { Random } from '../random.js';
import { content, delivery, FRAME_MAX, type Insertion } from './broker.js';
import {
  bodyFrame,
  Fields,
  FRAME,
  frame,
  headerFrame,
  heartbeatFrame,
  type MethodName,
  methodFrame,
  nested,
} from './frames.js';

export interface Injection {
  readonly name: string;
  /**
   * harmless: as if nothing had been, at every frame boundary; refusal: the peer ends the connection or the channel, in
   * order; state: right in some state, wrong in others; garbage: never right.
   */
  readonly kind: 'harmless' | 'refusal' | 'state' | 'garbage' | 'silence';
  make(random: Random): Insertion;
}

const NOTHING = Buffer.alloc(0);
const goOn = (...frames: Buffer[]): Insertion => ({ octets: Buffer.concat(frames), next: 'go on' });
const silent = (...frames: Buffer[]): Insertion => ({ octets: Buffer.concat(frames), next: 'silent' });

function inject(kind: Injection['kind'], name: string, make: Injection['make']): Injection {
  return { kind, name, make };
}

const randomBytes = (random: Random, length: number) =>
  Buffer.from(Array.from({ length }, () => random.integer(0, 255)));

const close = (channel: 0 | 1, code: number) =>
  methodFrame(
    channel,
    channel === 0 ? 'connection.close' : 'channel.close',
    new Fields().short(code).shortstr('on purpose').short(0).short(0),
  );
const settle = (name: 'basic.ack' | 'basic.nack', tag: number | bigint, multiple: boolean) =>
  methodFrame(1, name, new Fields().longlong(tag).octet(multiple ? 1 : 0));
const deliver = (tag = 1) => delivery(tag, NOTHING)[0] as Buffer;
const returned = () =>
  methodFrame(1, 'basic.return', new Fields().short(312).shortstr('NO_ROUTE').shortstr('exchange').shortstr('key'));

/** Property flags with what follows them. */
const properties = (flags: number, rest: Uint8Array = NOTHING) => headerFrame(0, new Fields().short(flags).raw(rest));
const HEADERS = 1 << 13;

/** Methods with their arguments, right but for the state. */
const STRAYS: readonly [number, MethodName, Fields?][] = [
  [0, 'connection.tune', new Fields().short(1).long(FRAME_MAX).short(1)],
  [0, 'connection.open-ok', new Fields().shortstr('')],
  [0, 'connection.close-ok'],
  [1, 'channel.open-ok', new Fields().longstr('')],
  [1, 'channel.flow', new Fields().octet(0)],
  [1, 'exchange.declare-ok'],
  [1, 'queue.declare-ok', new Fields().shortstr('q').long(0).long(0)],
  [1, 'basic.consume-ok', new Fields().shortstr('tag')],
  [1, 'basic.cancel', new Fields().shortstr('tag').octet(1)],
  [1, 'confirm.select-ok'],
];

export const INJECTIONS: readonly Injection[] = [
  inject('harmless', 'a heartbeat', () => goOn(heartbeatFrame())),
  inject('harmless', '200 heartbeats', () => goOn(...Array.from({ length: 200 }, heartbeatFrame))),

  inject('silence', 'silence', () => silent()),
  inject('silence', 'half a frame header', () => silent(frame(FRAME.method, 1, Buffer.alloc(64)).subarray(0, 4))),
  inject('silence', 'half a method', () => silent(frame(FRAME.method, 1, Buffer.alloc(64)).subarray(0, 20))),
  inject('silence', 'the end', () => ({ octets: NOTHING, next: 'end' })),

  ...[320, 541, 504, 501].map((code) => inject('refusal', `connection.close ${code}`, () => silent(close(0, code)))),
  ...[404, 406, 403, 541].map((code) => inject('refusal', `channel.close ${code}`, () => silent(close(1, code)))),

  inject('state', 'connection.blocked', () =>
    goOn(methodFrame(0, 'connection.blocked', new Fields().shortstr('low on memory'))),
  ),
  inject('state', 'connection.unblocked', () => goOn(methodFrame(0, 'connection.unblocked'))),
  ...(['basic.ack', 'basic.nack'] as const).flatMap((name) => [
    inject('state', `${name} of 0`, () => goOn(settle(name, 0, false))),
    inject('state', `${name} of all`, () => goOn(settle(name, 0, true))),
    inject('state', `${name} of 1`, () => goOn(settle(name, 1, false))),
    inject('state', `${name} up to 2, twice`, () => goOn(settle(name, 2, true), settle(name, 2, true))),
    inject('state', `${name} of 1000`, () => goOn(settle(name, 1000, false))),
    inject('state', `${name} up to the last number there is`, () => goOn(settle(name, 2n ** 64n - 1n, true))),
  ]),
  inject('state', 'basic.return of a message that was never sent', () =>
    goOn(returned(), ...content(Buffer.from('unknown'))),
  ),
  inject('state', 'basic.deliver of number 1', () => goOn(...delivery(1, Buffer.from('again')))),
  inject('state', 'basic.deliver of number 77', () => goOn(...delivery(77, Buffer.from('ahead')))),
  inject('state', 'malformed properties', () => goOn(deliver(), properties(0xfffe, Buffer.from([1, 2, 3])))),
  ...STRAYS.map(([channel, name, fields]) => inject('state', name, () => goOn(methodFrame(channel, name, fields)))),

  inject('garbage', 'random octets', (random) => goOn(randomBytes(random, 100))),
  inject('garbage', 'zeros', () => goOn(Buffer.alloc(64))),
  inject('garbage', 'HTTP', () => goOn(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))),
  inject('garbage', 'a wrong frame end', () => goOn(frame(FRAME.heartbeat, 0, NOTHING, 0xcf))),
  inject('garbage', 'a wrong end of a method', () => goOn(frame(FRAME.method, 0, Buffer.from([0, 10, 0, 61]), 0))),
  inject('garbage', 'an unknown frame type', (random) => goOn(frame(random.integer(9, 255), 0, NOTHING))),
  inject('garbage', 'a frame above the limit', () => goOn(frame(FRAME.method, 1, Buffer.alloc(140_000)))),
  inject('garbage', 'a frame of 4 GiB', () => goOn(Buffer.from([1, 0, 1, 0xff, 0xff, 0xff, 0xff]))),
  inject('garbage', 'a heartbeat on a channel', () => goOn(frame(FRAME.heartbeat, 1, NOTHING))),
  inject('garbage', 'a method on channel 2', () => goOn(methodFrame(2, 'channel.open-ok', new Fields().longstr('')))),
  inject('garbage', 'a method on the wrong one of our channels', () =>
    goOn(methodFrame(0, 'basic.ack', new Fields().longlong(1).octet(0))),
  ),
  inject('garbage', 'a method that is none', () => goOn(frame(FRAME.method, 1, Buffer.from([0, 99, 0, 99])))),
  inject('garbage', 'a method of a client', () =>
    goOn(methodFrame(1, 'basic.publish', new Fields().short(0).shortstr('').shortstr('').octet(0))),
  ),
  inject('garbage', 'a method of two octets', () => goOn(frame(FRAME.method, 1, Buffer.from([0, 60])))),
  inject('garbage', 'a method cut off in its arguments', () =>
    goOn(frame(FRAME.method, 1, Buffer.from([0, 60, 0, 80, 0, 0]))),
  ),
  inject('garbage', 'connection.close without its arguments', () => goOn(methodFrame(0, 'connection.close'))),
  inject('garbage', 'connection.start again, with deep tables', () =>
    goOn(
      methodFrame(
        0,
        'connection.start',
        new Fields().octet(0).octet(9).table(nested(300)).longstr('PLAIN').longstr(''),
      ),
    ),
  ),
  inject('garbage', 'connection.tune with tiny frames', () =>
    goOn(methodFrame(0, 'connection.tune', new Fields().short(1).long(100).short(1))),
  ),
  inject('garbage', 'a content header without a method', () => goOn(headerFrame(5))),
  inject('garbage', 'a body without a header', () => goOn(bodyFrame(Buffer.from('stray')))),
  inject('garbage', 'a content of another class', () => goOn(deliver(), frame(FRAME.header, 1, Buffer.alloc(14, 7)))),
  inject('garbage', 'a content header of three octets', () => goOn(deliver(), frame(FRAME.header, 1, Buffer.alloc(3)))),
  inject('garbage', 'a body longer than announced', () =>
    goOn(deliver(), headerFrame(3), bodyFrame(Buffer.from('longer'))),
  ),
  inject('garbage', 'a body shorter than announced', () =>
    goOn(deliver(), headerFrame(30), bodyFrame(Buffer.from('shorter')), deliver()),
  ),
  inject('garbage', 'two content headers', () => goOn(deliver(), headerFrame(3), headerFrame(3))),
  inject('garbage', 'a return within a return', () => goOn(returned(), returned())),
  inject('garbage', 'more property flags than there are', () =>
    goOn(deliver(), properties(0x0001, Buffer.from([0, 1])), deliver(), deliver()),
  ),
  inject('garbage', 'headers 300 tables deep', () =>
    goOn(deliver(), properties(HEADERS, new Fields().table(nested(300)).bytes()), deliver(), deliver()),
  ),
  inject('garbage', 'headers longer than their frame', () =>
    goOn(deliver(), properties(HEADERS, new Fields().long(0x7fffffff).bytes()), deliver(), deliver()),
  ),
  inject('garbage', 'a body of all the memory there is', () => goOn(deliver(), headerFrame(2n ** 63n), deliver())),
];
