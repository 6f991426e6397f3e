// Receives until the end of transmission; prints one line of JSON for each message and keeps images as files.
//
//   node consume.js --exchange frames --exchange-type fanout --out received
import { mkdir } from 'node:fs/promises';
import { Consumer, ImageError } from 'matmq';
import { CONNECTION_HELP, commandLine, connectionArguments } from './command-line.js';
import { describe, kindOf } from './describe.js';

const HELP = `Receives until the end of transmission; prints one line of JSON for each message.

${CONNECTION_HELP}
  --routing-key KEY     binds the queue; may be given several times (my_key_1)
  --queue NAME          a queue that outlives the program (a temporary one)
  --out FOLDER          keeps images there as files`;

const { values } = commandLine(
  {
    options: {
      ...connectionArguments,
      'routing-key': { type: 'string', multiple: true },
      queue: { type: 'string' },
      out: { type: 'string' },
    },
  },
  HELP,
);

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
