// Sends a picture through RabbitMQ on this machine and receives it.
import { Consumer, CV_8UC3, Mat, Producer } from 'matmq';

const consumer = await Consumer.connect(); // first: its temporary queue gets what is sent from now on
const producer = await Producer.connect(); // user guest on localhost, exchange my_exchange_1, routing key my_key_1

const picture = new Mat(480, 640, CV_8UC3);
picture.data.fill(255);
await producer.sendImage(picture); // as PNG
await producer.sendImage(picture, 'raw'); // as it is: the fastest
await producer.sendEOT();
await producer.flushAndExit();

for await (const image of consumer.images()) console.log(`${image.rows} x ${image.cols} ${image.typeName}`);
await consumer.exit();
