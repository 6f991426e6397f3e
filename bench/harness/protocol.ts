/**
 * What the benchmark and its measuring processes say to each other. A process prints `ready` when all is set up; one
 * that sends then waits for a line; one that receives prints `warm` when what warms it up has arrived; at the end each
 * prints its outcome as one line of JSON. The C++ programs do the same (bench/native/measure.hpp).
 */

/** Where messages go or come from. */
export interface Target {
  readonly port: number;
  readonly exchange: string;
  readonly routingKey: string;
  /** A file with the authority of the peer's certificate: the port speaks TLS. */
  readonly ca?: string;
}

/** Raw bytes; one 8-bit BGR picture, sent as it is; or a new picture for each message, as a camera makes them. */
export type Payload = 'bytes' | 'image' | 'new-images';

/** A client library, and where it comes from. */
export interface ClientJob {
  /** The module in clients/. */
  readonly client: string;
  /** The file of another MatMQ, built in a checkout of its own, which the client is to use instead of this one. */
  readonly library?: string;
}

/** Messages of one size, for a client in clients/. */
export interface MessageJob extends ClientJob {
  readonly role: 'publish' | 'consume' | 'round-trip';
  readonly target: Target;
  readonly size: number;
  readonly count: number;
  /** Messages before those that are measured. */
  readonly warm: number;
  /** Publisher confirms, and acknowledgements by the consumer. */
  readonly confirm: boolean;
  readonly payload: Payload;
  readonly watchMemory?: boolean;
  readonly watchEventLoop?: boolean;
}

/** Pictures to encode as JPEG and publish with confirms. */
export interface EncodeJob extends ClientJob {
  readonly role: 'encode';
  readonly target: Target;
  /** A file of pictures one after the other, 8-bit RGB. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly quality: number;
  readonly count: number;
  readonly warm: number;
}

/** Does nothing until it gets a line: what the event loop's delay is made of when a program has no part in it. */
export interface IdleJob {
  readonly role: 'idle';
}

export type Job = MessageJob | EncodeJob | IdleJob;

/** How long the event loop was held up, in milliseconds beyond the millisecond between two samples. */
export interface LoopDelay {
  readonly p99: number;
  readonly max: number;
}

/** Resident memory in bytes: before the work, and the most in the first and in the second half of its time. */
export interface MemoryUse {
  readonly before: number;
  readonly firstHalf: number;
  readonly secondHalf: number;
}

/** Milliseconds from a send to the arrival of that message in the same process. */
export interface RoundTrip {
  readonly p50: number;
  readonly p99: number;
}

export interface Outcome {
  /** In the time measured: of a consumer, all but the first, with which its time begins. */
  readonly messages: number;
  readonly bytes: number;
  /** Seconds of the machine's monotonic clock, which all processes share. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of all threads of the process. */
  readonly cpuSeconds: number;
  readonly peakRss: number;
  readonly loopDelay?: LoopDelay;
  readonly memory?: MemoryUse;
  readonly roundTrip?: RoundTrip;
}
