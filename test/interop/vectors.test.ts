/** The test vectors of docs/wire-format.md in TypeScript and Python; test/core/amqp/vectors.test.cpp has C++. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CvTypeName, type ImageEncoding, Mat, type Message, type Producer, type SendOptions } from 'matmq';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openConsumer, openProducer, unique } from '../support/clients.js';
import { bytesOf } from '../support/mats.js';
import { python, pythonProgram } from '../support/python.js';

const FOLDER = fileURLToPath(new URL('../data/vectors', import.meta.url));

interface Field {
  readonly type: string;
  readonly value: unknown;
}

type Fields = Readonly<Record<string, Field>>;
type Stated = Readonly<Record<string, unknown>> & { readonly headers?: Fields };

interface Vector {
  readonly name: string;
  readonly body: Buffer;
  readonly properties: Stated;
  readonly expect: {
    readonly type: string;
    readonly eot: boolean;
    readonly text?: string;
    readonly matrix?: readonly [rows: number, cols: number, type: CvTypeName];
  };
  readonly send?: {
    readonly kind: 'text' | 'binary' | 'image' | 'eot';
    readonly encoding?: ImageEncoding;
    readonly regionOf?: { readonly x: number; readonly y: number; readonly rows: number; readonly cols: number };
    /** The headers and properties that are the program's. */
    readonly headers?: readonly string[];
    readonly properties?: readonly string[];
    readonly segmentSize?: number;
  };
  /** The properties of each segment, of a message that goes in some. */
  readonly segments?: readonly Stated[];
}

const vectors: readonly Vector[] = readdirSync(FOLDER)
  .sort()
  .filter((name) => existsSync(join(FOLDER, name, 'vector.json')))
  .map((name) => ({
    ...JSON.parse(readFileSync(join(FOLDER, name, 'vector.json'), 'utf8')),
    name,
    body: readFileSync(join(FOLDER, name, 'body.bin')),
  }));

const camelCase = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** A field as TypeScript has it. */
function fieldValue({ type, value }: Field): unknown {
  switch (type) {
    case 'x':
      return Buffer.from(value as string, 'base64');
    case 'T':
      return new Date((value as number) * 1000);
    case 'D': {
      const [scale, digits] = value as [number, number];
      return digits * 10 ** -scale;
    }
    case 'A':
      return (value as Field[]).map(fieldValue);
    case 'F':
      return valuesOf(value as Fields);
    default:
      return typeof value === 'string' && type !== 'S' ? BigInt(value) : value;
  }
}

const valuesOf = (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldValue(field)]));

/** The properties as TypeScript has them. */
function propertiesOf(stated: Stated): Record<string, unknown> {
  const entries = Object.entries(stated).map(([name, value]) => {
    if (name === 'headers') return [name, valuesOf(value as Fields)];
    return [camelCase(name), value];
  });
  return Object.fromEntries(entries);
}

function matrixOf({ name, expect: { matrix }, send }: Vector): Mat {
  if (!matrix) throw new Error(`${name} has no matrix`);
  const [rows, cols, type] = matrix;
  const source = join(FOLDER, name, 'source.bin');
  const octets = readFileSync(existsSync(source) ? source : join(FOLDER, name, 'pixels.bin'));
  const mat = new Mat(rows, cols, type, new Uint8Array(octets).buffer);
  if (!send?.regionOf) return mat;
  const { x, y, rows: allRows, cols: allCols } = send.regionOf;
  const larger = new Mat(allRows, allCols, type);
  const part = larger.region({ x, y, width: cols, height: rows });
  for (let row = 0; row < rows; row++) part.row(row).set(mat.row(row) as never);
  return part;
}

/** The program's part of what the vector states. */
function optionsOf({ properties, send }: Vector): SendOptions {
  if (!send?.headers) return {};
  const all = propertiesOf(properties);
  const headers = Object.entries(all.headers as object).filter(([name]) => send.headers?.includes(name));
  const others = (send.properties ?? []).map((name) => [camelCase(name), all[camelCase(name)]]);
  return { properties: { ...Object.fromEntries(others), headers: Object.fromEntries(headers) } };
}

async function sendVector(producer: Producer, vector: Vector): Promise<void> {
  if (vector.send?.kind === 'image') await producer.sendImage(matrixOf(vector), vector.send.encoding);
  else if (vector.send?.kind === 'eot') await producer.sendEOT();
  else if (vector.send?.kind === 'text') await producer.send(vector.body.toString(), optionsOf(vector));
  else await producer.send(vector.body, optionsOf(vector));
}

interface Captured {
  readonly properties: Stated;
  readonly body: string;
}

/** Starts a listener that knows nothing of MatMQ; resolves, when it listens, to what it will have heard. */
async function capture(exchange: string, count: number): Promise<() => Promise<readonly Captured[]>> {
  const program = pythonProgram('interop/vectors.py', ['capture', inject('brokerUrl'), exchange, String(count)]);
  onTestFinished(() => program[Symbol.dispose]());
  expect(await program.nextLine()).toBe('ready');
  return async () => (await program.rest()) as Captured[];
}

const INTEGERS = 'bBsuIilL';

/** Without what is the sender's own: when it was sent, and the width of the integers, which means nothing. */
function comparable(stated: Stated): Record<string, unknown> {
  const headers = Object.entries(stated.headers ?? {}).map(([name, { type, value }]) => {
    if (name === 'sent-at') return [name, typeof value];
    return [name, { type: INTEGERS.includes(type) ? 'integer' : type, value }];
  });
  return { ...stated, message_id: undefined, headers: Object.fromEntries(headers) };
}

/** What every version of its encoder spells alike. */
const isOneSpelling = ({ send }: Vector) => ['raw', '.bmp'].includes(send?.encoding ?? 'raw');

async function checkWritten(heard: readonly Captured[], sent: readonly Vector[]): Promise<void> {
  expect(heard).toHaveLength(sent.length);
  const instance = /^([0-9a-f]{16})-1$/.exec(heard[0]?.properties.message_id as string)?.[1];
  expect(instance).toBeDefined();
  for (const [i, vector] of sent.entries()) {
    const { properties, body } = heard[i] as Captured;
    expect(comparable(properties), vector.name).toEqual(comparable(vector.properties));
    expect(properties.message_id, vector.name).toBe(`${instance}-${i + 1}`);
    expect(properties.headers?.['sent-at'], vector.name).toEqual({ type: 'l', value: expect.any(Number) });
    const octets = Buffer.from(body, 'base64');
    if (isOneSpelling(vector)) expect(octets.equals(vector.body), vector.name).toBe(true);
    else expectPixels(await Mat.decode(octets), vector);
  }
}

function expectPixels(mat: Mat, { name, expect: { matrix } }: Vector): void {
  expect([mat.rows, mat.cols, mat.typeName], name).toEqual(matrix);
  expect(Buffer.compare(bytesOf(mat), readFileSync(join(FOLDER, name, 'pixels.bin'))), name).toBe(0);
}

/** As checkWritten, of the vector that goes in segments. */
function checkSegments(heard: readonly Captured[], vector: Vector): void {
  expect(heard.map(({ properties }) => comparable(properties))).toEqual(vector.segments?.map(comparable));
  expect(heard[0]?.properties.message_id).toMatch(/^[0-9a-f]{16}-1$/);
  const own = heard.map(({ properties }) => [properties.message_id, properties.headers?.['sent-at']?.value]);
  for (const other of own) expect(other).toEqual(own[0]);
  for (const [i, { body }] of heard.entries()) {
    const octets = readFileSync(join(FOLDER, vector.name, `body-${i}.bin`));
    expect(Buffer.from(body, 'base64').equals(octets), `segment ${i}`).toBe(true);
  }
}

const inSegments = vectors.find(({ segments }) => segments) as Vector;

test('the vectors are what their script makes', async () => {
  const made = mkdtempSync(join(tmpdir(), 'matmq-vectors-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  await python('data/vectors/make_vectors.py', [made]);
  expect(readdirSync(made).sort()).toEqual(vectors.map(({ name }) => name));
  for (const vector of vectors) {
    for (const file of readdirSync(join(FOLDER, vector.name))) {
      // Another version of an encoder may make another file of the same pixels.
      if (file === 'body.bin' && !isOneSpelling(vector)) continue;
      const same = readFileSync(join(made, vector.name, file)).equals(readFileSync(join(FOLDER, vector.name, file)));
      if (file === 'header.bin' && !isOneSpelling(vector)) continue; // it states the size of that file
      expect(same, `${vector.name}/${file}`).toBe(true);
    }
  }
});

describe('in TypeScript', () => {
  test('each vector is read as it says', async () => {
    const exchange = unique('vectors');
    const consumer = await openConsumer({ exchange, exchangeType: 'fanout', prefetch: 0 });
    await python('interop/vectors.py', ['publish', inject('brokerUrl'), exchange]);
    for (const vector of vectors) {
      const { properties, expect: expected, name } = vector;
      if (expected.eot) {
        await expect(consumer.receive(), name).rejects.toMatchObject({ code: 'END_OF_TRANSMISSION' });
        continue;
      }
      const message: Message = await consumer.receive();
      expect(message.type, name).toBe(expected.type);
      expect(Buffer.compare(message.body, vector.body), name).toBe(0);
      expect(message.properties, name).toEqual(propertiesOf(properties));
      if (expected.text !== undefined) expect(message.text(), name).toBe(expected.text);
      if (expected.matrix) expectPixels(await message.image(), vector);
    }
  });

  test('each vector is written', async () => {
    const exchange = unique('vectors');
    const sent = vectors.filter(({ send, segments }) => send && !segments);
    const heard = await capture(exchange, sent.length);
    const producer = await openProducer({ exchange, exchangeType: 'fanout', name: 'camera-1' });
    for (const vector of sent) await sendVector(producer, vector);
    await checkWritten(await heard(), sent);
  });
});

test.each([
  [
    'TypeScript',
    async (exchange: string) => {
      const maxMessageSize = inSegments.send?.segmentSize;
      const producer = await openProducer({ exchange, exchangeType: 'fanout', name: 'camera-1', maxMessageSize });
      await producer.send(inSegments.body);
      await producer.flush();
    },
  ],
  ['Python', (exchange: string) => python('interop/vectors.py', ['send-segments', inject('brokerUrl'), exchange])],
])('the vector in segments is written in %s', async (_language, send) => {
  const exchange = unique('vectors');
  const heard = await capture(exchange, inSegments.segments?.length ?? 0);
  await send(exchange);
  checkSegments(await heard(), inSegments);
});

describe('in Python', () => {
  test('each vector is read as it says', async () => {
    await expect(python('interop/vectors.py', ['read'])).resolves.toBe('');
  });

  test('each vector without headers of the program is written', async () => {
    const exchange = unique('vectors');
    const sent = vectors.filter(({ send, segments }) => send && !send.headers && !segments);
    const heard = await capture(exchange, sent.length);
    await python('interop/vectors.py', ['send', inject('brokerUrl'), exchange]);
    await checkWritten(await heard(), sent);
  });
});
