// What the system has to provide, under its name in each package manager, and how to see whether it is there. What is
// missing is installed through apt; elsewhere it is only named.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { outputOf, run } from './steps.mjs';

const runs = (name, question) => () => spawnSync(name, [question], { stdio: 'ignore' }).status === 0;
const program = (name) => runs(name, '--version');
/** For programs that end with an error whatever they are asked. */
const inPath = (name) => () => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
const library = (name) => () => spawnSync('pkg-config', ['--exists', name], { stdio: 'ignore' }).status === 0;
const pythonModule = (name) => () =>
  spawnSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
const anyFile =
  (...paths) =>
  () =>
    paths.some((path) => existsSync(path));

/** The places where distributions put RabbitMQ's own start script (not the wrapper that changes the user). */
const BROKER_SCRIPTS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
  '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
];

export const BUILD = [
  { what: 'a C++20 compiler', apt: 'g++', dnf: 'gcc-c++', brew: 'gcc', present: program('c++') },
  { what: 'cmake', apt: 'cmake', dnf: 'cmake', brew: 'cmake', present: program('cmake') },
  { what: 'ninja', apt: 'ninja-build', dnf: 'ninja-build', brew: 'ninja', present: program('ninja') },
  { what: 'pkg-config', apt: 'pkg-config', dnf: 'pkgconf-pkg-config', brew: 'pkgconf', present: program('pkg-config') },
  {
    what: 'rabbitmq-c',
    apt: 'librabbitmq-dev',
    dnf: 'librabbitmq-devel',
    brew: 'rabbitmq-c',
    present: library('librabbitmq'),
  },
  { what: 'OpenCV', apt: 'libopencv-dev', dnf: 'opencv-devel', brew: 'opencv', present: library('opencv4') },
  {
    what: 'libjpeg-turbo',
    apt: 'libjpeg-dev',
    dnf: 'libjpeg-turbo-devel',
    brew: 'jpeg-turbo',
    present: library('libjpeg'),
  },
  { what: 'libpng', apt: 'libpng-dev', dnf: 'libpng-devel', brew: 'libpng', present: library('libpng') },
  { what: 'GnuTLS', apt: 'libgnutls28-dev', dnf: 'gnutls-devel', brew: 'gnutls', present: library('gnutls') },
  { what: 'libtiff', apt: 'libtiff-dev', dnf: 'libtiff-devel', brew: 'libtiff', present: library('libtiff-4') },
  { what: 'libwebp', apt: 'libwebp-dev', dnf: 'libwebp-devel', brew: 'webp', present: library('libwebp') },
  { what: 'ISA-L', apt: 'libisal-dev', dnf: 'isa-l-devel', brew: 'isa-l', present: library('libisal') },
];

export const BROKER = [
  {
    what: 'RabbitMQ',
    apt: 'rabbitmq-server',
    dnf: 'rabbitmq-server',
    brew: 'rabbitmq',
    // One that was chosen is looked at when a broker is started (tools/rabbitmq.ts).
    present: () => Boolean(process.env.MATMQ_RABBITMQ) || anyFile(...BROKER_SCRIPTS)(),
  },
];

export const TESTS = [
  {
    what: 'Pika for Python',
    apt: 'python3-pika',
    dnf: 'python3-pika',
    brew: '(pip) pika',
    present: pythonModule('pika'),
  },
  {
    what: 'OpenCV for Python',
    apt: 'python3-opencv',
    dnf: 'python3-opencv',
    brew: '(pip) opencv-python',
    present: pythonModule('cv2'),
  },
  // What makes the image corpus, and what else decodes it.
  {
    what: 'Pillow for Python',
    apt: 'python3-pil',
    dnf: 'python3-pillow',
    brew: 'pillow',
    present: pythonModule('PIL'),
  },
  {
    what: 'ImageMagick',
    apt: 'imagemagick',
    dnf: 'ImageMagick',
    brew: 'imagemagick',
    present: anyFile('/usr/bin/convert'),
  },
  { what: 'FFmpeg', apt: 'ffmpeg', dnf: 'ffmpeg-free', brew: 'ffmpeg', present: runs('ffmpeg', '-version') },
  { what: "libtiff's tools", apt: 'libtiff-tools', dnf: 'libtiff-tools', brew: 'libtiff', present: inPath('tiffcp') },
  { what: "libwebp's tools", apt: 'webp', dnf: 'libwebp-tools', brew: 'webp', present: runs('cwebp', '-version') },
  { what: "libpng's tools", apt: 'libpng-tools', dnf: 'libpng-tools', brew: 'libpng', present: inPath('pngfix') },
  { what: 'Netpbm', apt: 'netpbm', dnf: 'netpbm-progs', brew: 'netpbm', present: inPath('pnmtojpeg') },
  {
    what: 'CRC32C for Python',
    apt: 'python3-crc32c',
    dnf: 'python3-crc32c',
    brew: '(pip) crc32c',
    present: pythonModule('crc32c'),
  },
  {
    what: 'doctest',
    apt: 'doctest-dev',
    dnf: 'doctest-devel',
    brew: 'doctest',
    present: anyFile(
      '/usr/include/doctest/doctest.h',
      '/usr/local/include/doctest/doctest.h',
      '/opt/homebrew/include/doctest/doctest.h',
    ),
  },
  // What our JPEG is held against.
  {
    what: 'TurboJPEG',
    apt: 'libturbojpeg0-dev',
    dnf: 'turbojpeg-devel',
    brew: 'jpeg-turbo',
    present: library('libturbojpeg'),
  },
  { what: 'Valgrind', apt: 'valgrind', dnf: 'valgrind', brew: '(not on macOS)', present: program('valgrind') },
  // For examples/cpp: command line, JSON (for the test vectors, too), SHA-256.
  { what: 'CLI11', apt: 'libcli11-dev', dnf: 'cli11-devel', brew: 'cli11', present: library('CLI11') },
  {
    what: 'JSON for Modern C++',
    apt: 'nlohmann-json3-dev',
    dnf: 'json-devel',
    brew: 'nlohmann-json',
    present: library('nlohmann_json'),
  },
  { what: 'OpenSSL', apt: 'libssl-dev', dnf: 'openssl-devel', brew: 'openssl', present: library('libcrypto') },
  {
    what: 'clang-format',
    apt: 'clang-format',
    dnf: 'clang-tools-extra',
    brew: 'clang-format',
    present: program('clang-format'),
  },
];

/** For `npm run fuzz` alone. */
export const FUZZ = [
  { what: 'clang', apt: 'clang', dnf: 'clang', brew: 'llvm', present: program('clang++') },
  {
    what: "clang's sanitizers and libFuzzer",
    apt: 'libclang-rt-14-dev',
    dnf: 'compiler-rt',
    brew: 'llvm',
    present: () =>
      spawnSync('clang++', ['-fsanitize=fuzzer', '-x', 'c++', '-', '-o', '/dev/null'], {
        input: 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, unsigned long) { return 0; }',
        stdio: ['pipe', 'ignore', 'ignore'],
      }).status === 0,
  },
];

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
