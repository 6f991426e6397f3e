// The receiving process of the demo: checks every image against the photo, which it reads itself.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Consumer } from 'matmq';
import { contactSheet } from './contact-sheet.js';
import { LegLog } from './leg-log.js';
import { LoopDelay } from './loop-delay.js';
import { CONTACT_SHEET } from './photo-files.js';
import { readPhotos } from './photos.js';
import { PLAN } from './plan.js';
import { leave, report, route } from './worker.js';

const { url, routingKey } = await route();
const photos = await readPhotos();
const consumer = await Consumer.connect({
  url,
  name: 'demo receiver',
  exchange: 'amq.direct',
  declare: false,
  routingKey,
});
report({ kind: 'ready' });

const loopDelay = new LoopDelay();
const logs = PLAN.map((leg) => new LegLog(leg, photos, loopDelay));
const mistakes: string[] = [];
for await (const image of consumer.images()) {
  const mistake = logs.find((log) => !log.complete)?.add(image) ?? undefined;
  if (mistake) mistakes.push(mistake);
  report({ kind: 'received' });
}
await consumer.exit();
if (!logs.every((log) => log.complete)) mistakes.push('the end of transmission came before the last image');

await mkdir(dirname(CONTACT_SHEET), { recursive: true });
await contactSheet(logs.map((log) => log.last)).write(CONTACT_SHEET);

report({ kind: 'done', legs: logs.map((log) => log.result()), mistakes });
leave();
