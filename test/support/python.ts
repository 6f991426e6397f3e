/** Python programs: those of test/, and short ones on Pika alone. */
import { fileURLToPath } from 'node:url';
import { ChildProgram, outputOf } from './child-program.js';

/** The Python that has Debian's packages, whatever else is in the path. */
export const PYTHON = '/usr/bin/python3';

/** Starts a Python program of test/, such as `interop/vectors.py`. */
export function pythonProgram(path: string, args: readonly string[], input?: string): ChildProgram {
  const program = fileURLToPath(new URL(`../${path}`, import.meta.url));
  return new ChildProgram([PYTHON, program, ...args], input === undefined ? {} : { input });
}

/** Runs one to its end, and resolves to what it prints. */
export function python(path: string, args: readonly string[], input?: string): Promise<string> {
  return pythonProgram(path, args, input).output();
}

const PIKA = `
import json, sys, pika
from pika import BasicProperties
url, exchange, key = sys.argv[1:4]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
def publish(body, **properties):
    channel.basic_publish(exchange, key, body, BasicProperties(**properties))
`;

/**
 * Runs a script on Pika, without any class of MatMQ, with `channel` and `publish(body, **properties)` at hand; resolves
 * to what it prints.
 */
export function pika(url: string, exchange: string, routingKey: string, script: string): Promise<string> {
  return outputOf([PYTHON, '-c', `${PIKA}${script}\nconnection.close()\n`, url, exchange, routingKey]);
}
