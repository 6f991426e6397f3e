/** A program that is not MatMQ: Pika, without our classes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const PRELUDE = `
import json, sys, pika
from pika import BasicProperties
url, exchange, key = sys.argv[1:4]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
def publish(body, **properties):
    channel.basic_publish(exchange, key, body, BasicProperties(**properties))
`;

/** Runs Python with `channel` and `publish(body, **properties)` at hand; resolves to what it prints. */
export async function foreign(url: string, exchange: string, routingKey: string, script: string): Promise<string> {
  const args = ['-c', `${PRELUDE}${script}\nconnection.close()\n`, url, exchange, routingKey];
  const { stdout } = await promisify(execFile)('/usr/bin/python3', args);
  return stdout;
}
