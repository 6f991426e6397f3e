/** The machine, and the versions of what was measured. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { versions as ownVersions } from 'matmq';

export function machine(): Record<string, string> {
  const all = cpus();
  return {
    processor: `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${systemName()}, ${type()} ${release()}`,
  };
}

function systemName(): string {
  const file = '/etc/os-release';
  const found = existsSync(file) ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(file, 'utf8')) : null;
  return found?.[1] ?? process.platform;
}

const COMPETITORS = ['@cloudamqp/amqp-client', 'amqplib', 'rabbitmq-client', 'sharp'];

/** @param broker RabbitMQ's, where one was started */
export function versions(broker: string | undefined): Record<string, string> {
  const installed = COMPETITORS.map((name) => {
    const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return [name, (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version] as const;
  });
  const own = Object.entries(ownVersions()).filter(([name]) => ['matmq', 'rabbitmq-c'].includes(name));
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(installed),
    Node: process.version,
    ...(broker && { RabbitMQ: broker }),
  };
}
