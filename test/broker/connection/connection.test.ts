import { once } from 'node:events';
import { inspect } from 'node:util';
import {
  ChannelError,
  ConnectionError,
  Consumer,
  type ConsumerOptions,
  MatmqError,
  Producer,
  type ProducerOptions,
} from 'matmq';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawFreePorts, LOOPBACK } from '../../../tools/ports.js';
import { type PrivateBroker, startPrivateBroker } from '../../../tools/private-broker.js';
import {
  failure,
  openConsumer,
  openPair,
  openProducer,
  ownQueue,
  receiveTexts,
  unique,
} from '../../support/clients.js';
import { peer } from '../../support/peers.js';

const PASSWORD = 'p@ss/wörd:s3cret';

// On a busy machine rabbitmqctl alone can take many seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let broker: PrivateBroker;
beforeAll(async () => {
  broker = await startPrivateBroker();
  await broker.ctl('add_user', 'camera', PASSWORD);
  await broker.ctl('set_permissions', 'camera', '^camera-', '.*', '.*');
});
afterAll(() => broker.stop());

const urlOf = (user: string, password: string, vhost = '') =>
  `amqp://${user}:${encodeURIComponent(password)}@${LOOPBACK}:${broker.port}/${vhost}`;

/** Both kinds meet the same. */
const KINDS = [
  ['producer', (options: ProducerOptions & ConsumerOptions) => Producer.connect(options)],
  ['consumer', (options: ProducerOptions & ConsumerOptions) => Consumer.connect(options)],
] as const;

describe('the broker', () => {
  it("shows a connection's name and its product, the heartbeat and frame size that were asked for", async () => {
    const url = urlOf('camera', PASSWORD);
    const exchange = unique('camera');
    await openProducer({ url, name: 'front camera', exchange, heartbeat: 7_000, frameMax: 8192 });
    await openConsumer({
      url,
      name: 'viewer',
      exchange,
      prefetch: 5,
      queue: { ...ownQueue(), name: unique('camera') },
    });
    const columns = ['user', 'timeout', 'frame_max', 'client_properties'];
    const connections = await broker.ctl('list_connections', '--formatter', 'json', ...columns);
    const found: { client_properties: unknown; user: string; timeout: number; frame_max: number }[] =
      JSON.parse(connections);
    const camera = found.find((each) => JSON.stringify(each).includes('front camera'));
    expect(camera).toMatchObject({ user: 'camera', timeout: 7, frame_max: 8192 });
    expect(JSON.stringify(camera)).toContain('MatMQ');
    const viewer = found.find((each) => JSON.stringify(each).includes('viewer'));
    expect(viewer).toMatchObject({ timeout: 30, frame_max: 131_072 });
    expect(connections).not.toContain(PASSWORD);
    const [subscription] = JSON.parse(await broker.ctl('list_consumers', '--formatter', 'json'));
    expect(subscription).toMatchObject({ prefetch_count: 5, ack_required: true });
  });
});

describe('the scheme of a URL', () => {
  it('may be in capitals', async () => {
    for (const scheme of ['AMQP', 'Amqp']) {
      const url = urlOf('guest', 'guest').replace('amqp', scheme);
      const { producer, consumer } = await openPair({ url });
      await producer.send(scheme);
      expect((await consumer.receive()).text()).toBe(scheme);
    }
    await failure(Producer.connect({ url: 'AMQPX://localhost' }), ConnectionError, 'INVALID_URL', 'amqp://');
  });
});

describe('a password', () => {
  it('with special characters logs in', async () => {
    const { producer, consumer } = await openPair(
      { url: urlOf('camera', PASSWORD), exchange: unique('camera') },
      {
        consumer: { queue: { ...ownQueue(), name: unique('camera') } },
      },
    );
    await producer.send('x');
    expect((await consumer.receive()).text()).toBe('x');
    for (const seen of [inspect(producer, { depth: 9, showHidden: true }), JSON.stringify(producer.stats())]) {
      expect(seen).not.toContain('s3cret');
    }
  });

  it.each(KINDS)('that is wrong is refused at once, and not repeated in the error (%s)', async (name, connect) => {
    const url = urlOf('camera', `${PASSWORD} not`);
    const error = await failure(
      connect({ url, name }),
      ConnectionError,
      'AUTHENTICATION_FAILED',
      "'camera'",
      `${LOOPBACK}:${broker.port}`,
      'ACCESS_REFUSED',
    );
    expect(error.replyCode).toBe(403);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret');
  });
});

describe('a virtual host', () => {
  it.each(KINDS)('that is missing is refused, by its name (%s)', async (_name, connect) => {
    const error = await failure(
      connect({ url: urlOf('guest', 'guest', 'no%2Fsuch') }),
      ConnectionError,
      'VHOST_REFUSED',
      "'no/such'",
      'not found',
    );
    expect(error.replyCode).toBe(530);
  });

  it('that the user may not enter is refused', async () => {
    await broker.ctl('add_vhost', 'private');
    await failure(
      Producer.connect({ url: urlOf('camera', PASSWORD, 'private') }),
      ConnectionError,
      'VHOST_REFUSED',
      "'private'",
      "'camera'",
      'refused',
    );
  });
});

describe('an exchange', () => {
  it.each(KINDS)('of another type is refused with the words of the broker (%s)', async (_name, connect) => {
    const exchange = unique('exchange');
    await openProducer({ url: broker.url, exchange, exchangeType: 'fanout' });
    const error = await failure(
      connect({ url: broker.url, exchange, exchangeType: 'topic' }),
      ChannelError,
      'PRECONDITION_FAILED',
      exchange,
      "inequivalent arg 'type'",
      "received 'topic' but current is 'fanout'",
      'declaring the topic exchange',
    );
    expect(error.replyCode).toBe(406);
  });

  it.each(KINDS)('that is missing is refused with declare: false (%s)', async (_name, connect) => {
    const exchange = unique('exchange');
    const error = await failure(
      connect({ url: broker.url, exchange, declare: false }),
      ChannelError,
      'NOT_FOUND',
      exchange,
      'no exchange',
    );
    expect(error.replyCode).toBe(404);
  });

  it.each(KINDS)('that the user may not declare is refused (%s)', async (_name, connect) => {
    const error = await failure(
      connect({ url: urlOf('camera', PASSWORD), exchange: 'theirs' }),
      ChannelError,
      'ACCESS_REFUSED',
      "'theirs'",
      "'camera'",
    );
    expect(error.replyCode).toBe(403);
  });

  it.each(KINDS)('of a type the broker does not know is refused (%s)', async (_name, connect) => {
    // RabbitMQ 3 closes the connection for it, RabbitMQ 4 the channel.
    await failure(
      connect({ url: broker.url, exchange: unique('exchange'), exchangeType: 'x-no-such' }),
      MatmqError,
      /^(CONNECTION_CLOSED|PRECONDITION_FAILED)$/,
      'x-no-such',
    );
  });
});

describe('a queue', () => {
  it('that is missing is refused with declare: false', async () => {
    const exchange = unique('exchange');
    await openProducer({ url: broker.url, exchange });
    const queue = { name: unique('queue') };
    await failure(
      Consumer.connect({ url: broker.url, exchange, declare: false, queue }),
      ChannelError,
      'NOT_FOUND',
      queue.name,
    );
  });

  it('of another type is refused with the words of the broker', async () => {
    const queue = ownQueue();
    const { exchange } = await openPair({ url: broker.url, queue });
    await failure(
      Consumer.connect({ url: broker.url, exchange, queue: { ...queue, type: 'quorum' } }),
      ChannelError,
      'PRECONDITION_FAILED',
      queue.name,
      "inequivalent arg 'x-queue-type'",
    );
  });

  it('that is deleted under its consumer ends it, once what had arrived is handed out', async () => {
    const queue = ownQueue();
    const { producer, consumer } = await openPair({ url: broker.url, queue });
    await producer.send('before');
    await expect.poll(() => consumer.stats().received).toBe(1);
    const closed = new Promise((resolve) => consumer.once('close', resolve));
    await broker.ctl('delete_queue', queue.name);
    expect(await closed).toMatchObject({ name: 'ChannelError', code: 'CONSUMER_CANCELLED' });
    expect((await consumer.receive()).text()).toBe('before');
    await failure(consumer.receive(), ChannelError, 'CONSUMER_CANCELLED', queue.name);
    await consumer.exit();
  });

  it('that is deleted under its consumer is declared again with redeclare, and what had arrived is kept', async () => {
    const queue = ownQueue({ redeclare: true });
    const { producer, consumer } = await openPair({ url: broker.url, queue });
    const infos: unknown[] = [];
    consumer.on('disconnected', (info) => infos.push(info));
    for (const text of ['before', 'between']) {
      await producer.send(text);
      await expect.poll(() => consumer.stats().inboxMessages).toBe(text === 'before' ? 1 : 2);
      const again = once(consumer, 'connected');
      await broker.ctl('delete_queue', queue.name);
      await again;
    }
    await producer.send('after');
    expect(await receiveTexts(consumer, 3)).toEqual(['before', 'between', 'after']);
    const error = { name: 'ChannelError', code: 'CONSUMER_CANCELLED' };
    expect(infos).toMatchObject([{ error }, { error }]);
    expect(consumer.stats()).toMatchObject({ connects: 3, connected: true });
  });

  it.each([
    [{ reconnect: false }, 'reconnect: false'],
    [{ declare: false }, 'declare: false'],
  ])('is not declared again without what that needs: %o', async (options, word) => {
    const connecting = Consumer.connect({ url: broker.url, queue: ownQueue({ redeclare: true }), ...options });
    await failure(connecting, RangeError, 'INVALID_ARGUMENT', 'queue.redeclare', word);
  });
});

describe('a connection', () => {
  it.each(KINDS)('to where nobody listens is refused, host and port named (%s)', async (_name, connect) => {
    const [port] = await drawFreePorts(1);
    await failure(
      connect({ url: `amqp://guest:s3cret@${LOOPBACK}:${port}/` }),
      ConnectionError,
      'CONNECT_FAILED',
      `${LOOPBACK}:${port}`,
      /refused/i,
    );
  });

  it.each(KINDS)('to who accepts and never answers ends at connectTimeout (%s)', async (_name, connect) => {
    const port = await peer(() => {});
    const before = performance.now();
    await failure(
      connect({ url: `amqp://${LOOPBACK}:${port}`, connectTimeout: 300 }),
      ConnectionError,
      'CONNECT_TIMEOUT',
      `${LOOPBACK}:${port}`,
      'connectTimeout',
      'logging in',
    );
    const elapsed = performance.now() - before;
    expect(elapsed).toBeGreaterThanOrEqual(299);
    expect(elapsed).toBeLessThan(5000);
  });

  it('to a host that has no address is refused', async () => {
    await failure(
      Producer.connect({ url: 'amqp://no..such..host:5672/' }),
      ConnectionError,
      'HOST_NOT_FOUND',
      'no..such..host:5672',
    );
  });

  it('to who hangs up is refused', async () => {
    const port = await peer((socket) => socket.end());
    await failure(
      Producer.connect({ url: `amqp://${LOOPBACK}:${port}` }),
      ConnectionError,
      'CONNECT_FAILED',
      `${LOOPBACK}:${port}`,
      'closed the socket',
    );
  });

  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['AMQP 1.0', 'AMQP\0\x01\0\0'],
    ['an older AMQP', 'AMQP\0\0\x08\0'],
    ['nonsense', '\xff'.repeat(100)],
  ])('to who speaks %s is refused', async (_what, answer) => {
    const port = await peer((socket) => socket.end(Buffer.from(answer, 'latin1')));
    await failure(
      Producer.connect({ url: `amqp://${LOOPBACK}:${port}` }),
      ConnectionError,
      'PROTOCOL_ERROR',
      /AMQP/,
      `${LOOPBACK}:${port}`,
    );
  });

  it.each(KINDS)('can be given up while it is made (%s)', async (_name, connect) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const port = await peer(() => controller.abort(reason));
    const { signal } = controller;
    await expect(connect({ url: `amqp://${LOOPBACK}:${port}`, signal })).rejects.toBe(reason);
  });

  it('is made to the first of several URLs that answers', async () => {
    const [port] = await drawFreePorts(1);
    const url = [`amqp://${LOOPBACK}:${port}`, broker.url];
    const { producer, consumer } = await openPair({ url });
    await producer.send('x');
    expect((await consumer.receive()).text()).toBe('x');
    expect(producer.stats()).toMatchObject({ connects: 1, connected: true });
  });

  it.each([
    ['no URL', 'nonsense'],
    ['another scheme', 'http://guest:s3cret@localhost/'],
    ['no port', 'amqp://guest:s3cret@localhost:port/'],
    ['a port that is none', 'amqp://guest:s3cret@localhost:70000/'],
    ['a query', 'amqp://guest:s3cret@localhost/?heartbeat=3'],
    ['a bad escape', 'amqp://guest:s3cret%zz@localhost/'],
    ['a zero', 'amqp://guest:s3cret%00@localhost/'],
  ])('is not made from %s', async (_what, url) => {
    const error = await failure(Producer.connect({ url }), ConnectionError, 'INVALID_URL', /URL/);
    expect(inspect(error)).not.toContain('s3cret');
    await failure(Consumer.connect({ url: [broker.url, url] }), ConnectionError, 'INVALID_URL');
  });
});
