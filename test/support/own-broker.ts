/** Brokers of one test, for what would disturb the others on the broker of the run: they end with the test. */
import { onTestFinished } from 'vitest';
import { type PrivateBroker, type PrivateBrokerOptions, startPrivateBroker } from '../../tools/private-broker.js';
import { startTlsBroker, type TlsBroker, type TlsBrokerOptions } from '../../tools/tls-broker.js';

export async function ownBroker(options?: PrivateBrokerOptions): Promise<PrivateBroker> {
  const broker = await startPrivateBroker(options);
  onTestFinished(() => broker.stop());
  return broker;
}

export async function ownTlsBroker(options?: TlsBrokerOptions): Promise<TlsBroker> {
  const made = await startTlsBroker(options);
  onTestFinished(() => made.broker.stop());
  return made;
}
