// The publishing process of the demo.
import { Producer } from 'matmq';
import { LoopDelay } from './loop-delay.js';
import { type Photo, readPhotos } from './photos.js';
import { type Leg, PLAN } from './plan.js';
import { leave, orders, report, route } from './worker.js';

const { url, routingKey } = await route();
const photos = await readPhotos();
const producer = await Producer.connect({
  url,
  name: 'demo publisher',
  exchange: 'amq.direct',
  declare: false,
  routingKey,
  mandatory: true,
});
report({ kind: 'ready' });

/** The header tells the receiver which photo it should be. */
function send({ name, pixels }: Photo, { encoding }: Leg): Promise<unknown> {
  return producer.sendImage(pixels, encoding, { properties: { headers: { photo: name } } });
}

const loopDelay = new LoopDelay();
const loopDelays: number[] = [];
let current = 0;
for await (const order of orders()) {
  if (order.kind === 'end' || order.leg !== current) loopDelays.push(loopDelay.lap());
  if (order.kind === 'end') break;
  current = order.leg;
  const leg = PLAN[order.leg];
  if (!leg) throw new RangeError(`there is no leg ${order.leg}`);
  if (order.kind === 'photo') {
    for (const photo of photos.slice(order.photo, order.photo + 1)) await send(photo, leg);
  } else {
    for (let round = 0; round < leg.rounds; round++) {
      for (const photo of photos) await send(photo, leg);
    }
  }
}
await producer.sendEOT();
await producer.flushAndExit();
report({ kind: 'sent', loopDelays });
leave();
