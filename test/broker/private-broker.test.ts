import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { answers, LOOPBACK } from '../../tools/ports.js';
import { type PrivateBroker, startPrivateBroker } from '../../tools/private-broker.js';
import { ChildProgram } from '../support/child-program.js';
import { ownBroker } from '../support/own-broker.js';

const AMQP = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

/** The living processes that have this folder in their command or environment. */
function processesOf(folder: string): string[] {
  const listing = execFileSync('ps', ['axeww', '-o', 'pid=,stat=,command='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return listing.split('\n').filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line));
}

async function expectGone(folder: string): Promise<void> {
  // Erlang's helper processes end when they see that their machine is gone, a moment after it.
  await expect.poll(() => processesOf(folder), { timeout: 5000 }).toEqual([]);
  await expect.poll(() => existsSync(folder), { timeout: 5000 }).toBe(false);
}

test('the run has a broker that speaks AMQP', async () => {
  const port = Number(new URL(inject('brokerUrl')).port);
  expect(await answers(port, AMQP)).toBe(true);
});

test('a private broker obeys rabbitmqctl, and stop leaves no process and no folder', async () => {
  const broker = await ownBroker();
  expect(await broker.ctl('list_users')).toContain('guest');
  expect(processesOf(broker.folder).length).toBeGreaterThan(1);
  await broker.stop();
  await expectGone(broker.folder);
  expect(await answers(broker.port)).toBe(false);
  await broker.stop();
});

describe('a private broker', () => {
  let broker: PrivateBroker;
  beforeAll(async () => {
    broker = await startPrivateBroker();
  });
  afterAll(() => broker.stop());

  test('listens on the loopback interface alone', async () => {
    expect(await broker.ctl('status', '--formatter', 'json')).toContain(`"port":${broker.port}`);
    const other = createServer().listen(broker.port, '127.0.0.2');
    await once(other, 'listening');
    other.close();
    expect(new URL(broker.url).hostname).toBe(LOOPBACK);
  });

  test('runs beside another one', async () => {
    const other = await ownBroker();
    await broker.ctl('add_vhost', 'only-here');
    expect(await other.ctl('list_vhosts')).not.toContain('only-here');
  }, 120_000); // another broker and its rabbitmqctl, on a machine that may be busy

  test('comes back on its port with its durable data after a restart and after a kill', async () => {
    await broker.ctl('add_vhost', 'kept');
    await broker.restart();
    expect(await broker.ctl('list_vhosts')).toContain('kept');
    const { pid } = broker;
    await broker.kill();
    expect(await answers(broker.port)).toBe(false);
    await broker.restart();
    expect(broker.pid).not.toBe(pid);
    expect(await broker.ctl('list_vhosts')).toContain('kept');
  }, 120_000); // two more starts of a broker, on a machine that may be busy
});

test('a broker that cannot start says why', async () => {
  await expect(startPrivateBroker({ config: 'no.such.setting = 1' })).rejects.toThrow(
    /ended while it started.*no\.such\.setting/s,
  );
});

const TOOL = new URL('../../build/ts/tools/private-broker.js', import.meta.url).href;
const OWNER = `
import { startPrivateBroker } from ${JSON.stringify(TOOL)};
const broker = await startPrivateBroker();
console.log(JSON.stringify({ folder: broker.folder, port: broker.port }));
`;

test.each([
  ['ends without stopping it', ''],
  ['calls process.exit', 'process.exit(3);'],
  ['throws', 'throw new Error("thrown");'],
  ['is interrupted', 'process.kill(process.pid, "SIGINT"); setInterval(() => {}, 1000);'],
  ['is terminated', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);'],
  ['is killed', 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);'],
])('it ends with its owner that %s', async (_how, end) => {
  const owner = new ChildProgram([process.execPath, '--input-type=module', '-e', OWNER + end]);
  const { folder, port } = (await owner.next()) as { folder: string; port: number };
  await owner.ended;
  await expectGone(folder);
  expect(await answers(port)).toBe(false);
});

test('it ends with its owner that is killed while the broker starts', async () => {
  const marker = `matmq-owner-${process.pid}`;
  const owner = new ChildProgram([process.execPath, '--input-type=module', '-e', OWNER], { env: { MARKER: marker } });
  // The Erlang machine is there, and RabbitMQ not yet ready.
  await expect.poll(() => processesOf(marker).some((line) => /beam\.smp|-s rabbit boot/.test(line))).toBe(true);
  owner.kill('SIGKILL');
  await owner.ended;
  await expect.poll(() => processesOf(marker), { timeout: 5000 }).toEqual([]);
});
