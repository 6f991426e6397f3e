/** What the cases of one run share. */
import { Authority } from '../tools/certificates.js';
import { LOOPBACK } from '../tools/ports.js';
import { type PrivateBroker, startPrivateBroker } from '../tools/private-broker.js';
import type { Effort } from './sizes.js';

async function startWithTls(): Promise<PrivateBroker> {
  const authority = await Authority.make();
  const identity = await authority.sign({ name: 'broker', ip: [LOOPBACK] });
  return startPrivateBroker({ tls: { ca: authority.cert, ...identity } });
}

export class Context implements AsyncDisposable {
  readonly effort: Effort;
  #broker: Promise<PrivateBroker> | undefined;

  constructor(effort: Effort) {
    this.effort = effort;
  }

  /** A RabbitMQ of our own, plain and by TLS, started when it is first asked for. */
  broker(): Promise<PrivateBroker> {
    this.#broker ??= startWithTls();
    return this.#broker;
  }

  /** Nothing when no case has asked for it. */
  async brokerVersion(): Promise<string | undefined> {
    return (await (await this.#broker)?.ctl('version'))?.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#broker)?.stop();
  }
}
