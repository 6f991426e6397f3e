import type { Sample } from './case.js';
import type { Outcome } from './harness/protocol.js';

const cpuPerGb = ({ cpuSeconds, bytes }: Outcome) => cpuSeconds / (bytes / 1e9);

/** The figures of one process. */
export function sampleOf(outcome: Outcome): Sample {
  const seconds = outcome.endedAt - outcome.startedAt;
  return {
    mbPerSecond: outcome.bytes / 1e6 / seconds,
    messagesPerSecond: outcome.messages / seconds,
    cpuPerGb: cpuPerGb(outcome),
    peakMb: outcome.peakRss / 1e6,
    ...(outcome.loopDelay && { delayP99: outcome.loopDelay.p99, delayMax: outcome.loopDelay.max }),
  };
}

/** What came of a publisher and a consumer with a broker between. */
export interface Streamed {
  readonly publisher: Outcome;
  readonly consumer: Outcome;
  /** From the word to begin until both had ended. */
  readonly brokerCpuSeconds: number;
}

/**
 * The consumer's time counts, from the first message to the last: how long the first one takes says nothing about a
 * stream.
 */
export function sampleOfPair({ publisher, consumer, brokerCpuSeconds }: Streamed): Sample {
  const seconds = consumer.endedAt - consumer.startedAt;
  return {
    mbPerSecond: consumer.bytes / 1e6 / seconds,
    messagesPerSecond: consumer.messages / seconds,
    cpuPerGb: cpuPerGb(publisher) + cpuPerGb(consumer),
    brokerCpuPerGb: brokerCpuSeconds / (publisher.bytes / 1e9),
    peakMb: Math.max(publisher.peakRss, consumer.peakRss) / 1e6,
    ...loopDelays(publisher, consumer),
  };
}

export function loopDelays(publisher: Outcome, consumer: Outcome): Sample {
  const [sending, receiving] = [publisher.loopDelay, consumer.loopDelay];
  return {
    ...(sending && { sendingP99: sending.p99, sendingMax: sending.max }),
    ...(receiving && { receivingP99: receiving.p99, receivingMax: receiving.max }),
  };
}
