import { basename } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

const PROGRAM = basename(process.argv[1] ?? '');

/** The options that both programs have. */
export const connectionArguments = {
  url: { type: 'string' },
  ca: { type: 'string' },
  name: { type: 'string' },
  exchange: { type: 'string' },
  'exchange-type': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const CONNECTION_HELP = `  --url URL             amqp://user:password@host:port/vhost, or amqps:
                        (amqp://guest:guest@localhost)
  --ca FILE             the authority of the broker's certificate, for amqps: (the system's)
  --name NAME           shown in the broker's list of connections
  --exchange NAME       (my_exchange_1)
  --exchange-type TYPE  direct, fanout, topic or headers (direct)`;

/** A mistake in the command line: one line, and the exit code that shells use for it. */
export function misused(reason: string): never {
  console.error(`${PROGRAM}: ${reason} (--help lists the options)`);
  process.exit(2);
}

/** Reads the command line. With `--help`, prints `help` and ends. */
export function commandLine<const Config extends ParseArgsConfig>(
  config: Config,
  help: string,
): ReturnType<typeof parseArgs<Config>> {
  let read: ReturnType<typeof parseArgs<Config>>;
  try {
    read = parseArgs(config);
  } catch (error) {
    // Its first sentence; the others are about arguments without a name.
    misused((error instanceof Error ? error.message : String(error)).split(/[.\n]/)[0] ?? '');
  }
  if ((read.values as { help?: unknown }).help) {
    console.log(`Usage: node ${PROGRAM} [options]\n\n${help}`);
    process.exit(0);
  }
  return read;
}
