import type { TestProject } from 'vitest/node';
import { type PrivateBroker, startPrivateBroker } from '../../tools/private-broker.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the private RabbitMQ of this run. */
    brokerUrl: string;
  }
}

interface Shared {
  users: number;
  readonly broker: Promise<PrivateBroker>;
}

declare global {
  // Vitest calls a global setup once for each project that names it, and loads it anew each time; the broker is one.
  var matmqTestBroker: Shared | undefined;
}

/** Starts the broker of the run, or joins it, and tells the tests its URL. There is no run without one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.matmqTestBroker ??= { users: 0, broker: startPrivateBroker() };
  const entry = globalThis.matmqTestBroker;
  entry.users++;
  project.provide('brokerUrl', (await entry.broker).url);
  return async () => {
    if (--entry.users > 0) return;
    globalThis.matmqTestBroker = undefined;
    await (await entry.broker).stop();
  };
}
