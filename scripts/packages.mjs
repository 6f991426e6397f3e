// What the system has to provide, under its name in each package manager, and how to see whether it is there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const program = (name) => () => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
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
