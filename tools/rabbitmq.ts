import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where RabbitMQ is installed. */
export interface Installation {
  /** The folder of RabbitMQ's own scripts. Debian's wrappers in /usr/sbin insist on root and the user rabbitmq. */
  readonly scripts: string;
  readonly plugins: string;
  /** Erlang's root folder. */
  readonly erlang: string;
}

/** What makes the start quick: the boot file, the code folders for it, and a data folder that is already set up. */
export interface QuickStart {
  readonly boot: string;
  readonly codePaths: readonly string[];
  /** Absent until `saveData` was called once. */
  readonly data?: string;
}

const SCRIPTS = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin'];

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function inPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** The folder of scripts that MATMQ_RABBITMQ names, itself or by the folder of an unpacked RabbitMQ. */
function chosenScripts(): string | undefined {
  const chosen = process.env.MATMQ_RABBITMQ;
  if (!chosen) return undefined;
  const folder = [chosen, join(chosen, 'sbin')].find((path) => existsSync(join(path, 'rabbitmq-server')));
  if (folder) return folder;
  throw new Error(
    'MATMQ_RABBITMQ: expected the folder of an unpacked RabbitMQ, or that of its rabbitmq-server and rabbitmqctl; ' +
      `received ${chosen}, where there is no rabbitmq-server, nor in its sbin`,
  );
}

/** Finds RabbitMQ, that of MATMQ_RABBITMQ or the system's, and the Erlang of PATH; throws when one is missing. */
export function findRabbitMQ(): Installation {
  const folder = chosenScripts() ?? SCRIPTS.find((path) => existsSync(join(path, 'rabbitmq-server')));
  const erl = inPath('erl');
  if (!folder || !erl) {
    throw new Error(
      `${folder ? 'Erlang' : 'RabbitMQ'} is not installed. \`npm run setup\` installs it where there is apt; ` +
        'elsewhere its package is called rabbitmq-server (dnf) or rabbitmq (brew).',
    );
  }
  const scripts = dirname(realpathSync(join(folder, 'rabbitmq-server')));
  return { scripts, plugins: join(dirname(scripts), 'plugins'), erlang: dirname(dirname(realpathSync(erl))) };
}

/** The cache folder for this installation. An upgrade of RabbitMQ or Erlang changes its name. */
function cacheFolder(found: Installation, nodeName: string): string {
  const stamps = [found.plugins, join(found.erlang, 'lib')].map((path) => [path, statSync(path).mtimeMs]);
  const maker = readFileSync(join(packageRoot(), 'tools/broker-boot.escript'));
  const key = createHash('sha256').update(JSON.stringify(stamps)).update(nodeName).update(maker).digest('hex');
  return join(packageRoot(), '.cache/broker', key.slice(0, 16));
}

/** Moves a finished folder into the cache. Whoever comes second throws away what it made. */
async function publish(made: string, place: string): Promise<void> {
  mkdirSync(dirname(place), { recursive: true });
  try {
    await rename(made, place);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
}

/** Reads the quick start from the cache, or makes it. Undefined where RabbitMQ is packed otherwise than we know. */
export async function quickStart(found: Installation, nodeName: string): Promise<QuickStart | undefined> {
  const cache = cacheFolder(found, nodeName);
  const bootFolder = join(cache, 'boot');
  if (!existsSync(bootFolder)) {
    const made = `${bootFolder}.${randomBytes(6).toString('hex')}`;
    await mkdir(made, { recursive: true });
    try {
      const maker = join(packageRoot(), 'tools/broker-boot.escript');
      const { stdout } = await promisify(execFile)('escript', [maker, found.plugins, join(made, 'broker')]);
      await writeFile(join(made, 'code-paths'), stdout);
    } catch {
      await rm(made, { recursive: true, force: true });
      return undefined;
    }
    await publish(made, bootFolder);
  }
  const codePaths = readFileSync(join(bootFolder, 'code-paths'), 'utf8').trim().split('\n');
  const data = join(cache, 'data');
  return { boot: join(bootFolder, 'broker'), codePaths, ...(existsSync(data) ? { data } : {}) };
}

/** Keeps the data folder of a broker that was stopped in order, for the brokers after it to begin with. */
export async function saveData(found: Installation, nodeName: string, data: string): Promise<void> {
  const place = join(cacheFolder(found, nodeName), 'data');
  const made = `${place}.${randomBytes(6).toString('hex')}`;
  await cp(data, made, { recursive: true });
  await publish(made, place);
}
