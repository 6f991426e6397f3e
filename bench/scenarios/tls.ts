/** End to end through RabbitMQ, both sides by TLS, with confirms and acknowledgements. */
import type { Case } from '../case.js';
import { JAVASCRIPT } from '../contestants.js';
import type { Context } from '../context.js';
import { sampleOfPair } from '../sample.js';
import { countsFor, SIZES } from '../sizes.js';
import { stream } from './end-to-end.js';

/** Less than without TLS: the broker is slower. */
const BYTES = 1e9;

export function tlsCases(context: Context): Case[] {
  return SIZES.filter(({ bytes }) => bytes >= 1e6).map((size) => ({
    scenario: 'tls',
    id: `tls/${size.name}`,
    title: 'End to end through RabbitMQ by TLS, with confirms and acknowledgements',
    size: size.name,
    contestants: JAVASCRIPT,
    async measure(contestant: string) {
      const counts = countsFor(size, BYTES, context.effort);
      const work = { size, counts, confirm: true, payload: 'bytes', tls: true } as const;
      return sampleOfPair(await stream(context, contestant, work));
    },
  }));
}
