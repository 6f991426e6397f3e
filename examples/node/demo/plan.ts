import type { ImageEncoding } from 'matmq';

/** All photos in one encoding. */
export interface Leg {
  readonly label: string;
  readonly encoding: ImageEncoding;
  readonly contentType: string;
  /** Whether every pixel arrives as it was; otherwise within the encoding's loss. */
  readonly lossless: boolean;
  /** How often they are all sent as fast as possible: for the rates. */
  readonly rounds: number;
}

/** How often they are then sent one by one, each when the one before has arrived: for the latency. */
export const SINGLE_ROUNDS = 8;

/** Numbers of rounds that take about as long for each encoding. */
export const PLAN: readonly Leg[] = [
  { label: 'PNG', encoding: '.png', contentType: 'image/png', lossless: true, rounds: 10 },
  { label: 'JPEG', encoding: '.jpg', contentType: 'image/jpeg', lossless: false, rounds: 15 },
  { label: 'raw', encoding: 'raw', contentType: 'application/x-cv-mat', lossless: true, rounds: 50 },
];
