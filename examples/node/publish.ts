// Publishes texts and images in the order of the command line.
//
//   node publish.js --exchange frames --exchange-type fanout --text hello --image a.png --encoding .jpg --image b.png
//   --eot
import { type ImageEncoding, Mat, Producer } from 'matmq';
import { CONNECTION_HELP, commandLine, connectionArguments, misused } from './command-line.js';

type Item =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly path: string; readonly encoding: ImageEncoding }
  | { readonly kind: 'eot' };

const HELP = `Publishes texts and images in the order of the command line.

${CONNECTION_HELP}
  --routing-key KEY     (my_key_1)
  --text STRING         a text; may be given several times, as those below
  --image PATH          an image file: PNG, JPEG, WebP, BMP, TIFF or PNM
  --encoding NAME       of the --image before: .png, .jpg, .webp, .bmp, .tiff, .pnm or raw (.png)
  --eot                 the end of transmission`;

const { values, tokens } = commandLine(
  {
    tokens: true,
    options: {
      ...connectionArguments,
      'routing-key': { type: 'string' },
      text: { type: 'string', multiple: true },
      image: { type: 'string', multiple: true },
      encoding: { type: 'string', multiple: true },
      eot: { type: 'boolean', multiple: true },
    },
  },
  HELP,
);

function readItems(): Item[] {
  const items: Item[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const value = token.value ?? '';
    if (token.name === 'text') items.push({ kind: 'text', text: value });
    else if (token.name === 'image') items.push({ kind: 'image', path: value, encoding: '.png' });
    else if (token.name === 'eot') items.push({ kind: 'eot' });
    else if (token.name === 'encoding') {
      const image = items.pop();
      if (image?.kind !== 'image') misused('--encoding belongs after its --image');
      // sendImage() itself says which encodings there are when this is none.
      items.push({ ...image, encoding: value as ImageEncoding });
    }
  }
  return items;
}

const items = readItems();
const { url, ca, name, exchange, 'exchange-type': exchangeType, 'routing-key': routingKey } = values;
const tls = ca === undefined ? undefined : { ca };
await using producer = await Producer.connect({ url, tls, name, exchange, exchangeType, routingKey });
for (const item of items) {
  if (item.kind === 'text') await producer.send(item.text);
  else if (item.kind === 'eot') await producer.sendEOT();
  else await producer.sendImage(await Mat.read(item.path), item.encoding);
}
