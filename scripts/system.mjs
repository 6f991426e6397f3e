// Installs the system packages that are missing, through apt; elsewhere says which they are.
import { existsSync } from 'node:fs';
import { outputOf, run } from './run.mjs';

const installedPackages = () => {
  const listing = outputOf('dpkg-query', ['-W', '-f', `\${Package} \${db:Status-Status}\n`]) ?? '';
  return new Set(
    listing
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
};

/** Runs as root: directly, or through sudo, which may ask for a password on the terminal. */
function asRoot(command, args) {
  if (process.getuid?.() === 0) return run(command, args);
  if (outputOf('sudo', ['-V']) === undefined) {
    throw new Error(
      `Root is needed to run:\n  ${[command, ...args].join(' ')}\nRun it as root, or install sudo, and start again.`,
    );
  }
  return run('sudo', [command, ...args]);
}

/** Debian starts the broker it has just installed as a system service. Nobody asked for that one: ours is private. */
function stopNewService() {
  if (existsSync('/run/systemd/system')) {
    asRoot('systemctl', ['disable', '--now', 'rabbitmq-server.service']);
  } else if (
    existsSync('/etc/init.d/rabbitmq-server') &&
    outputOf('/etc/init.d/rabbitmq-server', ['status']) !== undefined
  ) {
    asRoot('/etc/init.d/rabbitmq-server', ['stop']);
    asRoot('update-rc.d', ['rabbitmq-server', 'disable']);
  } else {
    return;
  }
  console.log(
    '  rabbitmq-server was installed just now: its system service is stopped and disabled, MatMQ starts its own broker',
  );
}

function installThroughApt(packages) {
  const installed = installedPackages();
  const missing = packages.map((item) => item.apt).filter((name) => !installed.has(name));
  if (missing.length === 0) return 'present';
  console.log(`• system packages: installing ${missing.join(', ')}`);
  const apt = (...args) => asRoot('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args]);
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing);
  if (missing.includes('rabbitmq-server')) stopNewService();
  return `installed ${missing.length}`;
}

function onlyReport(packages) {
  const missing = packages.filter((item) => !item.present());
  if (missing.length === 0) return 'present';
  throw new Error(
    `Missing: ${missing.map((item) => item.what).join(', ')}\n` +
      'There is no apt here, so please install them yourself and start again:\n' +
      `  dnf install ${missing.map((item) => item.dnf).join(' ')}\n` +
      `  brew install ${missing.map((item) => item.brew).join(' ')}`,
  );
}

/** Makes sure that the packages are there. @returns {string} what was done */
export function ensurePackages(packages) {
  const hasApt = existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-query');
  return hasApt ? installThroughApt(packages) : onlyReport(packages);
}
