import { type ChildProcess, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, cpSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { answers, drawFreePorts, LOOPBACK } from './ports.js';
import { findRabbitMQ, type Installation, type QuickStart, quickStart, saveData } from './rabbitmq.js';
import { Watchdog } from './watchdog.js';

/** How a private broker speaks TLS: PEM texts. */
export interface BrokerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Asks for the clients' certificates, and refuses those without. Default: neither. */
  readonly requireCertificate?: boolean;
  /** As RabbitMQ names them, such as `tlsv1.2`. Default: its own choice. */
  readonly versions?: readonly string[];
}

/** What can be different about a private broker. */
export interface PrivateBrokerOptions {
  /** Lines for rabbitmq.conf. */
  readonly config?: string;
  /** Plugins to enable. */
  readonly plugins?: readonly string[];
  /** The Erlang node's name. Every broker has its own epmd, so several may have the same, unless they are a cluster. */
  readonly nodeName?: string;
  /** A broker that runs, whose cluster this one becomes a member of, with its epmd and its cookie. */
  readonly joins?: PrivateBroker;
  /** Also listens for TLS, with this certificate. */
  readonly tls?: BrokerTls;
  /** Milliseconds until the start is given up, 60000 by default. */
  readonly startTimeout?: number;
}

type Ports = readonly [amqp: number, distribution: number, epmd: number, tls: number];

const NODE_NAME = 'matmq@localhost';
const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 20_000;
const ATTEMPTS = 5;
const AMQP_HEADER = new Uint8Array([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);
const PORT_TAKEN = /eaddrinuse|address already in use|address in use/i;

// As RabbitMQ's start script has them, but for the sizes meant for servers with thousands of connections.
const ERL_ARGS = [
  ['+W', 'w', '+stbt', 'db', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none', '+B', 'i', '-noinput'],
  ['-syslog', 'logger', '[]', '-syslog', 'syslog_error_logger', 'false'],
  ['-kernel', 'prevent_overlapping_partitions', 'false'],
].flat();
const LOOPBACK_ARGS = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}', '-start_epmd', 'false'];

/** Thrown when a port was taken by somebody else between drawing it and using it. */
class PortTakenError extends Error {}

/**
 * A RabbitMQ of our own: on the loopback interface, on free ports, with its data in a temporary folder. It ends with
 * this process, whatever happens to it, and does not keep it alive.
 */
export class PrivateBroker implements AsyncDisposable {
  readonly nodeName: string;
  /** Where clients connect, as guest. */
  readonly url: string;
  readonly port: number;
  readonly #found: Installation;
  readonly #options: PrivateBrokerOptions;
  readonly #ports: Ports;
  readonly #watchdog: Watchdog;
  #quick: QuickStart | undefined;
  #server: ChildProcess | undefined;

  private constructor(
    found: Installation,
    quick: QuickStart | undefined,
    options: PrivateBrokerOptions,
    ports: Ports,
    watchdog: Watchdog,
  ) {
    this.#found = found;
    this.#quick = quick;
    this.#options = options;
    this.#ports = ports;
    this.#watchdog = watchdog;
    this.nodeName = options.nodeName ?? NODE_NAME;
    this.port = ports[0];
    this.url = `amqp://guest:guest@${LOOPBACK}:${this.port}/`;
  }

  /** @internal Use `startPrivateBroker`. */
  static async start(options: PrivateBrokerOptions = {}): Promise<PrivateBroker> {
    const found = findRabbitMQ();
    const { joins } = options;
    const quick = await quickStart(found, joins?.nodeName ?? options.nodeName ?? NODE_NAME);
    for (let attempt = 1; ; attempt++) {
      const [amqp = 0, distribution = 0, tls = 0, free = 0] = await drawFreePorts(4);
      const epmd = joins ? joins.#ports[2] : free;
      const folder = await mkdtemp(join(tmpdir(), 'matmq-broker-'));
      const watchdog = await Watchdog.over(folder);
      const broker = new PrivateBroker(found, quick, options, [amqp, distribution, epmd, tls], watchdog);
      try {
        await broker.#prepare();
        await broker.#boot();
        if (quick && !quick.data && !joins) await broker.#keepForNextTime();
        return broker;
      } catch (error) {
        await broker.stop();
        if (!(error instanceof PortTakenError) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** The port for TLS, when there is one. */
  get tlsPort(): number {
    return this.#ports[3];
  }

  /** Where clients connect by TLS, as guest. */
  get tlsUrl(): string {
    return `amqps://guest:guest@${LOOPBACK}:${this.tlsPort}/`;
  }

  /** The file with the certificate of the authority, when it speaks TLS. */
  get caFile(): string {
    return this.#path('cacertfile');
  }

  /** The folder that holds all the broker writes. It is gone after `stop`. */
  get folder(): string {
    return this.#watchdog.folder;
  }

  /** The process id of the Erlang machine, while it runs. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** What the broker has written to its log so far. */
  get log(): string {
    return readFileSync(this.#path('broker.log'), 'utf8');
  }

  /** Runs rabbitmqctl on this broker and resolves to what it prints. */
  async ctl(...args: string[]): Promise<string> {
    const program = join(this.#found.scripts, 'rabbitmqctl');
    const { stdout } = await promisify(execFile)(program, ['-q', '-n', this.nodeName, ...args], { env: this.#env() });
    return stdout;
  }

  /** Sends a signal to the Erlang machine: SIGSTOP freezes the broker, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#running?.kill(name);
  }

  /** Kills the broker with SIGKILL, as a power cut would. `restart` brings it back with its durable data. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops the broker in order if it runs, and starts it again with the same data on the same port. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.#boot();
  }

  /** Ends the broker and all that belongs to it, and removes its folder. */
  async stop(): Promise<void> {
    // Nobody reads the data again, so there is no need for an orderly end; the watchdog kills epmd.
    await this.#end('SIGKILL');
    await this.#watchdog[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #running(): ChildProcess | undefined {
    const server = this.#server;
    return server && server.exitCode === null && server.signalCode === null ? server : undefined;
  }

  #path(name: string): string {
    return join(this.#watchdog.folder, name);
  }

  #env(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(RABBITMQ_|ERL_|NOTIFY_SOCKET)/.test(name));
    const [amqp, distribution, epmd] = this.#ports;
    return {
      ...Object.fromEntries(inherited),
      HOME: this.folder,
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: LOOPBACK,
      ERL_MAX_ETS_TABLES: '50000',
      ERL_CRASH_DUMP_SECONDS: '0',
      SYS_PREFIX: '',
      RABBITMQ_HOME: join(this.#found.scripts, '..'),
      RABBITMQ_PLUGINS_DIR: this.#found.plugins,
      RABBITMQ_NODENAME: this.nodeName,
      RABBITMQ_NODE_IP_ADDRESS: LOOPBACK,
      RABBITMQ_NODE_PORT: String(amqp),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: this.#path('data'),
      RABBITMQ_LOG_BASE: this.#path('log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_PID_FILE: this.#path('pid'),
      RABBITMQ_ENABLED_PLUGINS_FILE: this.#path('enabled_plugins'),
      RABBITMQ_CONFIG_FILE: this.#path('rabbitmq'),
      RABBITMQ_ADVANCED_CONFIG_FILE: this.#path('advanced.config'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CTL_ERL_ARGS: LOOPBACK_ARGS.join(' '),
    };
  }

  /** Writes the files and starts epmd, which stays for all starts of the broker. */
  async #prepare(): Promise<void> {
    const { config, plugins = [], tls, joins } = this.#options;
    await mkdir(this.#path('log'));
    const cookie = joins ? readFileSync(joins.#path('.erlang.cookie')) : randomBytes(16).toString('hex');
    await writeFile(this.#path('.erlang.cookie'), cookie, { mode: 0o400 });
    await writeFile(this.#path('enabled_plugins'), `[${plugins.join(',')}].`);
    const lines = [...(config === undefined ? [] : [config]), ...(tls ? await this.#prepareTls(tls) : [])];
    if (joins) lines.push(`cluster_formation.classic_config.nodes.1 = ${joins.nodeName}`);
    if (lines.length > 0) await writeFile(this.#path('rabbitmq.conf'), `${lines.join('\n')}\n`);
    if (joins) return; // with an empty data folder: a node that was set up alone does not look for others
    if (this.#quick?.data) cpSync(this.#quick.data, this.#path('data'), { recursive: true });

    const [, , port] = this.#ports;
    const args = ['-address', LOOPBACK, '-port', String(port)];
    const epmd = this.#watchdog.spawn('epmd', args, { env: this.#env(), stdio: 'ignore' });
    while (!(await answers(port))) {
      if (epmd.exitCode !== null) throw new PortTakenError(`epmd could not listen on port ${port}`);
      await delay(2);
    }
  }

  /** Writes the certificates; the lines of rabbitmq.conf that name them. */
  async #prepareTls({ ca, cert, key, requireCertificate = false, versions = [] }: BrokerTls): Promise<string[]> {
    const files = { cacertfile: ca, certfile: cert, keyfile: key };
    for (const [name, text] of Object.entries(files)) await writeFile(this.#path(name), text, { mode: 0o600 });
    return [
      `listeners.ssl.default = ${LOOPBACK}:${this.tlsPort}`,
      ...Object.keys(files).map((name) => `ssl_options.${name} = ${this.#path(name)}`),
      `ssl_options.verify = ${requireCertificate ? 'verify_peer' : 'verify_none'}`,
      `ssl_options.fail_if_no_peer_cert = ${requireCertificate}`,
      ...versions.map((version, index) => `ssl_options.versions.${index + 1} = ${version}`),
    ];
  }

  #command(): [command: string, args: string[], env: NodeJS.ProcessEnv] {
    const env = this.#env();
    if (!this.#quick) {
      // `detached` is what the script itself looks for: it then becomes the Erlang machine instead of waiting for it.
      const additional = {
        detached: 'true',
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-noinput ${LOOPBACK_ARGS.join(' ')}`,
      };
      return [join(this.#found.scripts, 'rabbitmq-server'), [], { ...env, ...additional }];
    }
    const start = ['-pa', ...this.#quick.codePaths, '-s', 'rabbit', 'boot', '-boot', this.#quick.boot];
    return ['erl', [...start, ...ERL_ARGS, ...LOOPBACK_ARGS], env];
  }

  async #boot(): Promise<void> {
    const log = openSync(this.#path('broker.log'), 'a');
    const [command, args, env] = this.#command();
    const server = this.#watchdog.spawn(command, args, { env, cwd: this.folder, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#server = server;
    const timeout = this.#options.startTimeout ?? START_TIMEOUT;
    const deadline = performance.now() + timeout;
    while (!(await answers(this.port, AMQP_HEADER))) {
      if (!this.#running) throw this.#failure('ended while it started');
      if (performance.now() > deadline) throw this.#failure(`was not ready after ${timeout / 1000} s`);
      await delay(5);
    }
    // RabbitMQ opens this one next.
    while (this.#options.tls && !(await answers(this.tlsPort))) {
      if (!this.#running || performance.now() > deadline) throw this.#failure('does not listen for TLS');
      await delay(5);
    }
    // Had the port been taken, it would have been another program that answered.
    if (!this.#running) throw this.#failure('ended while it started');
  }

  #failure(what: string): Error {
    const { log } = this;
    const lines = log.split('\n');
    // The cause is in the first error; what follows is Erlang taking down one supervisor after the other.
    const first = lines.findIndex((line) => line.includes('[error]'));
    const excerpt = first < 0 ? lines.slice(-30) : lines.slice(first, first + 30);
    const message = `The private RabbitMQ ${what}. From its log:\n${excerpt.join('\n')}`;
    return PORT_TAKEN.test(log) ? new PortTakenError(message) : new Error(message);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.#running;
    if (!server) return;
    server.ref();
    const ended = once(server, 'exit');
    server.kill(signal);
    const insist = setTimeout(() => server.kill('SIGKILL'), STOP_TIMEOUT);
    await ended;
    clearTimeout(insist);
  }

  /** After the very first start: keeps the data folder, still empty but set up, so that the next start is quicker. */
  async #keepForNextTime(): Promise<void> {
    if (this.#options.plugins?.length || this.#options.config !== undefined || this.#options.tls) return;
    await this.#end('SIGTERM');
    await saveData(this.#found, this.nodeName, this.#path('data'));
    await this.#boot();
  }
}

/** Starts a private RabbitMQ and resolves when it accepts connections. */
export function startPrivateBroker(options?: PrivateBrokerOptions): Promise<PrivateBroker> {
  return PrivateBroker.start(options);
}
