// Receives until the end of transmission; prints one line of JSON for each message and keeps images as files.
//
//   node consume.js --exchange frames --exchange-type fanout --out received
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Consumer, ImageError } from 'matmq';
import { describe, kindOf } from './describe.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    ca: { type: 'string' },
    name: { type: 'string' },
    exchange: { type: 'string' },
    'exchange-type': { type: 'string' },
    'routing-key': { type: 'string', multiple: true },
    queue: { type: 'string' },
    out: { type: 'string' },
  },
});

const say = (line: object) => console.log(JSON.stringify(line));

const { url, ca, name, exchange, 'exchange-type': exchangeType, 'routing-key': routingKey, out } = values;
const queue = values.queue === undefined ? undefined : { name: values.queue };
if (out !== undefined) await mkdir(out, { recursive: true });
const tls = ca === undefined ? undefined : { ca };
const consumer = await Consumer.connect({ url, tls, name, exchange, exchangeType, routingKey, queue });
say({ ready: true });
let number = 0;
for await (const message of consumer.messages()) {
  try {
    say(await describe(message, number, out));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    console.error(`message ${number}: ${error.message}`);
    say({ type: kindOf(message), error: error.message });
  }
  number++;
}
say({ eot: true });
await consumer.exit();
