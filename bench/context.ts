/** What the cases of one run share. */
import type { PrivateBroker } from '../tools/private-broker.js';
import { startTlsBroker } from '../tools/tls-broker.js';
import type { Effort } from './sizes.js';

export class Context implements AsyncDisposable {
  readonly effort: Effort;
  #broker: Promise<PrivateBroker> | undefined;

  constructor(effort: Effort) {
    this.effort = effort;
  }

  /** A RabbitMQ of our own, plain and by TLS, started when it is first asked for. */
  broker(): Promise<PrivateBroker> {
    this.#broker ??= startTlsBroker().then(({ broker }) => broker);
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
