import type { Sample } from './case.js';
import type { Outcome } from './harness/protocol.js';

/** The figures of one process. */
export function sampleOf(outcome: Outcome): Sample {
  const seconds = outcome.endedAt - outcome.startedAt;
  return {
    mbPerSecond: outcome.bytes / 1e6 / seconds,
    messagesPerSecond: outcome.messages / seconds,
    cpuPerGb: outcome.cpuSeconds / (outcome.bytes / 1e9),
    peakMb: outcome.peakRss / 1e6,
    ...(outcome.loopDelay && { delayP99: outcome.loopDelay.p99, delayMax: outcome.loopDelay.max }),
  };
}

/** Of a publisher and a consumer with a broker between: from the first message sent to the last received. */
export function sampleOfPair(publisher: Outcome, consumer: Outcome): Sample {
  const seconds = consumer.endedAt - publisher.startedAt;
  return {
    mbPerSecond: consumer.bytes / 1e6 / seconds,
    messagesPerSecond: consumer.messages / seconds,
    cpuPerGb: (publisher.cpuSeconds + consumer.cpuSeconds) / (consumer.bytes / 1e9),
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
