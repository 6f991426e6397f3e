/** What the benchmark asks of a client library. */
import { readFileSync } from 'node:fs';
import type { ClientJob, Payload, Target } from './protocol.js';

export interface ClientOptions extends Pick<ClientJob, 'library'> {
  readonly size: number;
  readonly confirm: boolean;
  readonly payload: Payload;
}

export interface Publisher {
  /** Sends the same body so many times. Resolves when all are confirmed or, without confirms, handed to the system. */
  publish(body: Buffer, count: number): Promise<void>;
  /** Closes the connection in order: the peer has then read all. */
  close(): Promise<void>;
}

export interface Subscription {
  close(): Promise<void>;
}

export interface Client {
  openPublisher(target: Target, options: ClientOptions): Promise<Publisher>;
  /** Receives from a queue of its own that is bound to the target, and calls `received` with the size of each body. */
  openConsumer(target: Target, options: ClientOptions, received: (size: number) => void): Promise<Subscription>;
}

/** Also sends one message by itself, as its users do. */
export interface RoundTripClient extends Client {
  openPublisher(target: Target, options: ClientOptions): Promise<Publisher & { send(body: Buffer): Promise<unknown> }>;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

export interface PicturePublisher {
  /** Encodes and sends so many pictures, from the first again after the last. Resolves when all are confirmed. */
  publish(pictures: readonly Picture[], count: number): Promise<void>;
  close(): Promise<void>;
}

export interface PictureOptions extends Pick<ClientJob, 'library'> {
  readonly quality: number;
}

/** Encodes pictures as JPEG and publishes them. */
export interface PictureClient {
  readonly channels: 'rgb' | 'bgr';
  openPicturePublisher(target: Target, options: PictureOptions): Promise<PicturePublisher>;
}

export const FRAME_MAX = 131_072;

export function urlOf({ port, ca }: Target): string {
  return `${ca === undefined ? 'amqp' : 'amqps'}://guest:guest@127.0.0.1:${port}`;
}

/** What the JavaScript clients hand on to Node's TLS: they all check the certificate, as MatMQ does. */
export function tlsOf({ ca }: Target): { ca: Buffer } | undefined {
  return ca === undefined ? undefined : { ca: readFileSync(ca) };
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, Math.floor(value)));

/**
 * How many messages may be on their way from a client that has no bound itself. Measured: a few MB in flight are the
 * best for every client; with more, those that copy bodies lose their caches.
 */
export function windowOf(size: number): number {
  return clamp(4e6 / size, 2, 64);
}

/** How many messages a consumer gets that it has not acknowledged. */
export function prefetchOf(size: number): number {
  return clamp(64e6 / size, 4, 256);
}

/** Calls `send` with 0, 1, ... so many times, with at most `lanes` of its promises pending. */
export async function inLanes(count: number, lanes: number, send: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}
