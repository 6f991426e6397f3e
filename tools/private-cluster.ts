/** Several private brokers that are one cluster, on one machine. */
import { type PrivateBroker, type PrivateBrokerOptions, startPrivateBroker } from './private-broker.js';

export class PrivateCluster implements AsyncDisposable {
  readonly nodes: readonly PrivateBroker[];

  private constructor(nodes: readonly PrivateBroker[]) {
    this.nodes = nodes;
  }

  /** @internal Use `startPrivateCluster`. */
  static async start(size: number, options: Omit<PrivateBrokerOptions, 'nodeName' | 'joins'> = {}) {
    const first = await startPrivateBroker(options);
    const nodes = [first];
    try {
      for (let i = 1; i < size; i++) {
        nodes.push(await startPrivateBroker({ ...options, nodeName: `matmq-${i}@localhost`, joins: first }));
      }
      return new PrivateCluster(nodes);
    } catch (error) {
      await Promise.all(nodes.map((node) => node.stop()));
      throw error;
    }
  }

  /** Where clients connect, as guest: one URL for each node. */
  get urls(): string[] {
    return this.nodes.map((node) => node.url);
  }

  /** The node where the leader of a quorum queue is, as a node that runs says. */
  async leaderOf(queue: string): Promise<PrivateBroker | undefined> {
    const { leader } = await this.#members(queue);
    return this.nodes.find((node) => node.nodeName === leader);
  }

  /** How many of a quorum queue's members are there. */
  async onlineMembersOf(queue: string): Promise<number> {
    return (await this.#members(queue)).online;
  }

  async stop(): Promise<void> {
    // The first one last: all use its epmd.
    for (const node of [...this.nodes].reverse()) await node.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #members(queue: string): Promise<{ leader: string; online: number }> {
    const running = this.nodes.find((node) => node.pid !== undefined);
    const lines = (await running?.ctl('list_queues', 'name', 'leader', 'online', '--no-table-headers')) ?? '';
    const [, leader = '', online = ''] =
      lines
        .split('\n')
        .map((line) => line.split('\t'))
        .find(([name]) => name === queue) ?? [];
    return { leader, online: online === '' ? 0 : online.split(',').length };
  }
}

/** Starts a cluster of so many nodes and resolves when all of them accept connections. */
export function startPrivateCluster(size: number, options?: Omit<PrivateBrokerOptions, 'nodeName' | 'joins'>) {
  return PrivateCluster.start(size, options);
}
