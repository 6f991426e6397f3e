// What the demo and its two processes say to each other, beside the images: those go through RabbitMQ.

import type { Difference } from './compare.js';

/** Where the images go. */
export interface Route {
  readonly url: string;
  readonly routingKey: string;
}

/** To the publishing process: send all rounds of a leg of the plan, or one photo, or the end of transmission. */
export type Order =
  | { readonly kind: 'rounds'; readonly leg: number }
  | { readonly kind: 'photo'; readonly leg: number; readonly photo: number }
  | { readonly kind: 'end' };

/** What one leg came to. */
export interface LegResult {
  readonly images: number;
  /** Bytes of the messages' bodies. */
  readonly bytes: number;
  /**
   * Of the images sent as fast as possible, all work included: from the first one's sending to the last one's check.
   */
  readonly imagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Milliseconds from sending to the received matrix, of the images sent one by one. */
  readonly latencies: readonly number[];
  /** The 99th percentile of the delays of the receiver's event loop, in milliseconds. */
  readonly loopDelay: number;
  /** What was lost most of: undefined for an encoding that loses nothing. */
  readonly loss?: Difference;
}

/** The receiver's last word. */
export interface Done {
  readonly kind: 'done';
  readonly legs: readonly LegResult[];
  /** What was wrong with what arrived. */
  readonly mistakes: readonly string[];
}

/** The publisher's last word: the same of its event loop, for each leg. */
export interface Sent {
  readonly kind: 'sent';
  readonly loopDelays: readonly number[];
}

/** From the processes. */
export type Report = { readonly kind: 'ready' } | { readonly kind: 'received' } | Sent | Done;
