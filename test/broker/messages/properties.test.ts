import { CV_8UC3, type FieldValue, type SendProperties } from 'matmq';
import { describe, expect, inject, it } from 'vitest';
import { openPair } from '../../support/clients.js';
import { noise } from '../../support/mats.js';
import { pika } from '../../support/python.js';

describe('properties', () => {
  it('a program sets arrive', async () => {
    const { producer, consumer } = await openPair();
    const properties: SendProperties = {
      contentType: 'application/x-mine',
      contentEncoding: 'gzip',
      deliveryMode: 2,
      priority: 7,
      correlationId: 'ü-1',
      replyTo: 'somewhere',
      expiration: '600000',
      timestamp: 1_700_000_000,
      userId: 'guest',
    };
    await producer.send('x', { properties });
    expect((await consumer.receive()).properties).toMatchObject(properties);
  });

  it('that MatMQ sets say who sent a message, when, and which it is', async () => {
    const before = Date.now();
    const { producer, consumer } = await openPair({}, { producer: { name: 'camera-1' } });
    const receipt = await producer.send('x');
    const message = await consumer.receive();
    expect([message.appId, message.messageId]).toEqual(['camera-1', receipt.messageId]);
    expect(receipt.messageId).toMatch(/^[0-9a-f]{16}-1$/);
    expect(message.sentAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(message.sentAt?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(message.properties.headers?.['sent-at']).toBeGreaterThan(before * 1000 - 1000);
    expect(message.properties).toBe(message.properties);
    expect(Object.keys(message.properties).sort()).toEqual([
      ...['appId', 'contentType', 'deliveryMode', 'headers', 'messageId', 'type'],
    ]);
  });

  it('of an image are those of a message, but for its content type and the headers of a raw matrix', async () => {
    const { producer, consumer } = await openPair();
    const properties = { contentType: 'text/html', priority: 1, headers: { exposure: 0.25 } };
    await producer.sendImage(noise(4, 5, CV_8UC3), '.png', { properties });
    await producer.sendImage(noise(4, 5, CV_8UC3), 'raw', { properties });
    const [png, raw] = [await consumer.receive(), await consumer.receive()];
    expect(png.properties).toMatchObject({ contentType: 'image/png', priority: 1, headers: { exposure: 0.25 } });
    expect(raw.properties).toMatchObject({
      contentType: 'application/x-cv-mat',
      headers: { exposure: 0.25, 'mat-rows': 4, 'mat-cols': 5, 'mat-type': 'CV_8UC3' },
    });
  });

  it('of an end of transmission arrive too', async () => {
    const { producer, consumer } = await openPair();
    await producer.sendEOT(1, { properties: { correlationId: 'run 7' } });
    const eot = await consumer.receive().catch((error: unknown) => error);
    expect(eot).toMatchObject({ received: { type: 'eot', properties: { correlationId: 'run 7', type: 'eot' } } });
  });
});

describe('headers', () => {
  const sent: { readonly [name: string]: FieldValue } = {
    nothing: null,
    yes: true,
    no: false,
    zero: 0,
    negative: -5,
    large: Number.MAX_SAFE_INTEGER,
    fraction: 1.5,
    huge: 1e300,
    integers: [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n],
    text: 'Grüße 🐎',
    empty: '',
    bytes: Uint8Array.of(0, 1, 255),
    date: new Date('2024-02-29T12:00:00Z'),
    list: [1, 'two', null, [true, { three: 3 }], []],
    table: { a: { b: { c: 'deep' } }, none: {} },
    '': 'a name that is empty',
    constructor: 'a name that objects have',
    'a name': 'with a space and ü',
  };

  it('of every kind arrive as they were sent', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('x', { properties: { headers: sent } });
    const { 'sent-at': _, ...headers } = (await consumer.receive()).properties.headers ?? {};
    expect(headers).toEqual({ ...sent, bytes: Buffer.of(0, 1, 255) });
  });

  it('of names that objects treat specially are headers', async () => {
    const { producer, consumer } = await openPair();
    await producer.send('x', { properties: { headers: JSON.parse('{"__proto__": {"polluted": true}}') } });
    const headers = (await consumer.receive()).properties.headers ?? {};
    expect(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value).toEqual({ polluted: true });
    expect('polluted' in headers).toBe(false);
  });

  it('lose what AMQP cannot say: small bigints are numbers, dates whole seconds, undefined is left out', async () => {
    const { producer, consumer } = await openPair();
    const headers = { big: 5n, date: new Date(1_700_000_000_999), gone: undefined };
    await producer.send('x', { properties: { headers } as unknown as SendProperties });
    const { 'sent-at': _, ...arrived } = (await consumer.receive()).properties.headers ?? {};
    expect(arrived).toEqual({ big: 5, date: new Date(1_700_000_000_000) });
  });

  it('may be nested 32 deep', async () => {
    const { producer, consumer } = await openPair();
    let headers: { [name: string]: FieldValue } = { bottom: true };
    for (let depth = 1; depth < 32; depth++) headers = { down: headers };
    await producer.send('x', { properties: { headers } });
    expect((await consumer.receive()).properties.headers).toMatchObject(headers);
  });

  it('are copied by the send: what the program changes afterwards is not sent', async () => {
    const { producer, consumer } = await openPair({}, { producer: { highWaterMark: 1 } });
    const headers = { list: [1], table: { a: 1 }, bytes: Uint8Array.of(1) };
    const sends = [1, 2, 3].map(() => producer.send('x', { properties: { headers } }));
    headers.list.push(2);
    headers.table.a = 2;
    headers.bytes[0] = 2;
    await Promise.all(sends);
    for (const _ of sends) {
      expect((await consumer.receive()).properties.headers).toMatchObject({
        list: [1],
        table: { a: 1 },
        bytes: Buffer.of(1),
      });
    }
  });

  it('of every kind that other programs send are understood', async () => {
    const { exchange, consumer } = await openPair({ exchangeType: 'fanout' });
    await pika(
      inject('brokerUrl'),
      exchange,
      'key.of.theirs',
      `
from datetime import datetime
from decimal import Decimal
publish(b'theirs', content_type='x/y', priority=3, type='their type', message_id='m', user_id='guest', headers={
    'int': 7, 'large': 2**40, 'negative': -3, 'decimal': Decimal('1.25'), 'none': None, 'bool': True,
    'text': 'Grüße', 'bytes': b'\\x00\\xff', 'time': datetime(2024, 2, 29, 12), 'list': [1, 'a', {'b': None}],
    'table': {'deep': {'er': 1}}})`,
    );
    const message = await consumer.receive();
    expect([message.text(), message.type, message.routingKey]).toEqual(['theirs', 'unmarked', 'key.of.theirs']);
    expect(message.appId).toBeUndefined();
    expect(message.sentAt).toBeUndefined();
    expect(message.properties).toEqual({
      contentType: 'x/y',
      priority: 3,
      type: 'their type',
      messageId: 'm',
      userId: 'guest',
      headers: {
        int: 7,
        large: 2 ** 40,
        negative: -3,
        decimal: 1.25,
        none: null,
        bool: true,
        text: 'Grüße',
        bytes: Buffer.of(0, 255),
        time: new Date('2024-02-29T12:00:00Z'),
        list: [1, 'a', { b: null }],
        table: { deep: { er: 1 } },
      },
    });
  });
});
