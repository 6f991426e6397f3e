// Shows a camera in a browser: frames go through RabbitMQ as JPEG. The two functions may be two programs on two
// machines.
//
//   node camera-to-browser.js                                                 a test picture
//   node camera-to-browser.js -f v4l2 -video_size 640x480 -i /dev/video0      a camera, by ffmpeg's options
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Consumer, Mat, Producer } from 'matmq';

const [rows, cols] = [480, 640];
const options = { url: process.env.AMQP_URL, exchange: 'camera', exchangeType: 'fanout' };
const testPicture = ['-re', '-f', 'lavfi', '-i', `testsrc=size=${cols}x${rows}:rate=25`];
const input = process.argv.length > 2 ? process.argv.slice(2) : testPicture;

/** Cuts what ffmpeg writes into frames, each in memory of its own. */
async function* framesOf(pipe: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let [frame, filled] = [new Uint8Array(rows * cols * 3), 0];
  for await (const chunk of pipe) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + frame.length - filled);
      frame.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < frame.length) continue;
      yield frame;
      [frame, filled] = [new Uint8Array(rows * cols * 3), 0];
    }
  }
}

async function publish(): Promise<void> {
  // A live picture: when the broker is slow, the newest frames matter.
  await using producer = await Producer.connect({ ...options, highWaterMark: 8, whenFull: 'dropOldest' });
  const format = ['-vf', `scale=${cols}:${rows}`, '-f', 'rawvideo', '-pix_fmt', 'bgr24', 'pipe:1'];
  const ffmpeg = spawn('ffmpeg', ['-loglevel', 'error', ...input, ...format], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(ffmpeg, 'spawn'); // rejects when ffmpeg is not installed
  for await (const frame of framesOf(ffmpeg.stdout)) {
    await producer.sendImage(new Mat(rows, cols, 'CV_8UC3', frame), '.jpg', { quality: 80, transfer: true });
  }
  await producer.sendEOT();
}

async function show(consumer: Consumer): Promise<void> {
  const browsers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.url !== '/') return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
    browsers.add(response);
    return response.on('close', () => browsers.delete(response));
  });
  server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
  await once(server, 'listening');
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  for await (const { body } of consumer.messages()) {
    for (const browser of browsers) {
      if (browser.writableNeedDrain) continue; // a slow browser misses frames; nobody waits for it
      browser.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n`);
      browser.write(body); // it is a JPEG file already
      browser.write('\r\n');
    }
  }
  server.close();
  server.closeAllConnections();
}

await using consumer = await Consumer.connect(options); // before the first frame: its temporary queue gets it
await Promise.all([publish(), show(consumer)]);
