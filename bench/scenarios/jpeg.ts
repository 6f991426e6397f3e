/** Pictures encoded as JPEG and published with confirms. */
import { connect } from 'amqplib';
import type { Case, Sample } from '../case.js';
import { clientOf, SHARP } from '../contestants.js';
import type { Context } from '../context.js';
import { Peer } from '../harness/peer.js';
import { Program } from '../harness/program.js';
import type { Target } from '../harness/protocol.js';
import { type PictureFile, preparePictures } from '../pictures.js';
import { type Counts, scaled } from '../sizes.js';

const QUALITY = 90;
const FULL_HD = { name: 'full-hd', width: 1920, height: 1080, different: 12 };
/** The original article's: 1000 photos of that size took just under a second. */
const ARTICLE = { name: 'article', width: 600, height: 180, different: 100 };

async function encode(contestant: string, target: Target, pictures: PictureFile, counts: Counts): Promise<Sample> {
  const { file, width, height } = pictures;
  const client = clientOf(contestant);
  if (client === undefined) throw new Error(`${contestant} does not encode pictures`);
  await using program = Program.worker({
    role: 'encode',
    ...client,
    target,
    file,
    width,
    height,
    quality: QUALITY,
    ...counts,
  });
  await program.ready();
  program.go();
  const { startedAt, endedAt, messages, bytes, cpuSeconds, peakRss, loopDelay } = await program.outcome();
  const seconds = endedAt - startedAt;
  return {
    seconds,
    messagesPerSecond: messages / seconds,
    cpuPerGb: cpuSeconds / (bytes / 1e9),
    peakMb: peakRss / 1e6,
    ...(loopDelay && { delayP99: loopDelay.p99, delayMax: loopDelay.max }),
  };
}

/** Runs `work` with a target whose messages stay in a queue of the broker. */
async function withQueue(context: Context, work: (target: Target) => Promise<Sample>): Promise<Sample> {
  const { port, url } = await context.broker();
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    await channel.assertExchange('bench', 'direct', { durable: false });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'bench', queue);
    return await work({ port, exchange: 'bench', routingKey: queue });
  } finally {
    await connection.close();
  }
}

export function jpegCases(context: Context): Case[] {
  const contestants = ['matmq', SHARP];
  return [
    {
      scenario: 'jpeg/full-hd',
      id: 'jpeg/full-hd',
      title: 'Pictures of 1920x1080 encoded to JPEG and published to the peer with confirms',
      contestants,
      async measure(contestant) {
        const pictures = await preparePictures(FULL_HD);
        await using peer = await Peer.start();
        const target = { port: peer.port, exchange: 'bench', routingKey: 'k' };
        return await encode(contestant, target, pictures, scaled(200, context.effort));
      },
    },
    {
      scenario: 'jpeg/article',
      id: 'jpeg/article',
      title: '1000 photos of 600x180 encoded to JPEG and published through RabbitMQ with confirms',
      contestants,
      async measure(contestant) {
        const pictures = await preparePictures(ARTICLE);
        // Never fewer than in the article: the figure is a time.
        return withQueue(context, (target) => encode(contestant, target, pictures, { count: 1000, warm: 100 }));
      },
    },
  ];
}
