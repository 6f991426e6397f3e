// The checks that Biome and dependency-cruiser do not make: C++ sources are formatted and include only what their room
// may see (docs/architecture.md), and no line of ours is longer than 120 columns.
//   node scripts/lint.mjs [--write]     with --write, formats the C++ sources and checks nothing
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry, outputOf, root, run } from './steps.mjs';

const LONGEST_LINE = 120;
const TEXT = /(\.(ts|[cm]?js|[ch]pp|md|cmake|py|sh|ya?ml|gyp|in)|CMakeLists\.txt|\.ci\/run)$/;

const CORE = 'native/core/src/';
const ADDON = 'native/addon/';
const PUBLIC = 'native/core/include/';

/** What a room of the core may include beside itself. Subfolders that are not named belong to the room above them. */
const BELOW_AMQP = ['driver', 'queue', 'message', 'image', 'net', 'base'];
const ROOMS = {
  base: [],
  net: ['base'],
  image: ['base'],
  message: ['image', 'base'],
  queue: ['message', 'base'],
  driver: ['queue', 'message', 'base'],
  'amqp/wire': BELOW_AMQP,
  'amqp/connection': ['amqp/wire', ...BELOW_AMQP],
  'amqp/publish': ['amqp/connection', 'amqp/wire', ...BELOW_AMQP],
  'amqp/consume': ['amqp/connection', 'amqp/wire', ...BELOW_AMQP],
  amqp: ['amqp/publish', 'amqp/consume', 'amqp/connection', 'amqp/wire', ...BELOW_AMQP],
  client: ['driver', 'amqp', 'queue', 'message', 'image', 'base'],
};

/** The room that a public header belongs to: the lowest that may include it. The first pattern that fits decides. */
const PUBLIC_ROOMS = [
  [/^matmq\/(bytes|error|tls_options|version|engine\/codec_pool)\.hpp$/, 'base'],
  [/^matmq\/(image|image_file)\.hpp$/, 'image'],
  [/^matmq\/(field_table|message)\.hpp$/, 'message'],
  [/^matmq\/(options|stats|engine\/(events|reports))\.hpp$/, 'queue'],
  [/^matmq\/amqp\//, 'amqp'],
  [/^matmq\//, 'client'],
];

/** Libraries that are the business of one folder. */
const CONFINED = [
  [/^(amqp(_\w+)?\.h$|rabbitmq-c\/)/, [`${CORE}amqp/`]],
  [/^gnutls\//, [`${CORE}net/tls/`]],
  [/^(jpeglib|jerror|png|zlib|tiff\w*)\.h$|^webp\//, [`${CORE}image/`]],
  [/^(napi|napi-inl|node_api|js_native_api)\.h$/, [ADDON]],
];

/** Files of ours, tracked or about to be; a file that is deleted and still in the index is none. */
function ourFiles() {
  const listing = outputOf('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  if (listing === undefined) throw new Error('The files to check are those of git, and this is no clone');
  const names = [...new Set(listing.split('\0'))].filter((name) => name !== '' && existsSync(join(root, name)));
  return names.sort().map((name) => ({ name, text: () => readFileSync(join(root, name), 'utf8') }));
}

function* tooLongLines({ name, text }) {
  for (const [i, line] of text().split('\n').entries()) {
    const columns = [...line].length;
    if (columns > LONGEST_LINE) yield `${name}:${i + 1}: ${columns} columns, more than ${LONGEST_LINE}`;
  }
}

/** The room of a file of the core: its folder, or the nearest one above that is named. */
function roomOf(path) {
  for (let folder = path; folder.includes('/'); ) {
    folder = folder.slice(0, folder.lastIndexOf('/'));
    if (Object.hasOwn(ROOMS, folder)) return folder;
  }
  return undefined;
}

const roomOfPublic = (header) => PUBLIC_ROOMS.find(([pattern]) => pattern.test(header))[1];

/** What is wrong with one include, or undefined. `target` is the file of ours that it names, if it does. */
function faultOf(name, header, target) {
  const owners = CONFINED.find(([pattern]) => pattern.test(header))?.[1];
  if (owners && !owners.some((owner) => name.startsWith(owner))) return `only ${owners[0]} may include it`;
  if (name.startsWith(PUBLIC)) {
    if (target && !target.startsWith(PUBLIC)) return 'a public header includes public ones only';
    const isFront = /^matmq\/(producer|consumer)\.hpp$|^matmq\/engine\//.test(name.slice(PUBLIC.length));
    return header.startsWith('matmq/engine/') && !isFront ? 'matmq/engine/ is for bindings, not programs' : undefined;
  }
  if (!target) return undefined;
  if (name.startsWith(ADDON)) {
    return target.startsWith(CORE) ? 'the addon sees the public headers only' : undefined;
  }
  const from = roomOf(name.slice(CORE.length));
  if (!from) return `${name} lies in no room of the core`;
  const to = target.startsWith(PUBLIC) ? roomOfPublic(header) : roomOf(target.slice(CORE.length));
  const allowed = to === from || ROOMS[from].some((room) => to === room || to?.startsWith(`${room}/`));
  return allowed ? undefined : `${from} may not include ${to ?? 'what lies in no room'}`;
}

/** The includes of a file: what is written, and the file of ours that it is. */
function includesOf({ name, text }, names) {
  return text()
    .split('\n')
    .flatMap((line, i) => {
      const [, mark, header] = /^\s*#\s*include\s*([<"])([^>"]+)/.exec(line) ?? [];
      if (!header) return [];
      const beside = join(name, '..', header);
      const places = mark === '"' ? [beside, ADDON + header, CORE + header] : [PUBLIC + header];
      return [{ line: i + 1, mark, header, target: places.find((place) => names.has(place)) }];
    });
}

/** Each circle of files that include each other is found once: a file that was left is not entered again. */
function* circlesIn(graph) {
  const done = new Set();
  function* enter(name, path) {
    if (path.includes(name)) {
      yield [...path.slice(path.indexOf(name)), name];
      return;
    }
    if (done.has(name)) return;
    for (const next of graph.get(name) ?? []) yield* enter(next, [...path, name]);
    done.add(name);
  }
  for (const name of graph.keys()) yield* enter(name, []);
}

function* wrongIncludes(files) {
  const native = files.filter(({ name }) => [CORE, ADDON, PUBLIC].some((folder) => name.startsWith(folder)));
  const sources = native.filter(({ name }) => /\.[ch]pp$/.test(name));
  const names = new Set(sources.map(({ name }) => name));
  const graph = new Map();
  for (const file of sources) {
    const includes = includesOf(file, names);
    graph.set(
      file.name,
      includes.map(({ target }) => target).filter((target) => target !== undefined),
    );
    for (const { line, mark, header, target } of includes) {
      const fault = mark === '"' && !target ? 'there is no such file' : faultOf(file.name, header, target);
      if (fault) yield `${file.name}:${line}: ${header}: ${fault}`;
    }
  }
  for (const circle of circlesIn(graph)) yield `a circle of includes: ${circle.join(' -> ')}`;
}

await entry(import.meta.url, () => {
  const files = ourFiles();
  const cpp = files.map(({ name }) => name).filter((name) => /\.[ch]pp$/.test(name));
  if (process.argv.includes('--write')) return run('clang-format', ['-i', ...cpp]);
  const lines = files.filter(({ name }) => TEXT.test(name)).flatMap((file) => [...tooLongLines(file)]);
  const problems = [...wrongIncludes(files), ...lines];
  for (const problem of problems) console.error(problem);
  const { error, status } = spawnSync('clang-format', ['--dry-run', '-Werror', ...cpp], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw new Error(`clang-format could not be started: ${error.message}`);
  if (status !== 0) throw new Error('C++ sources are not formatted: `npm run format` mends that');
  if (problems.length > 0) throw new Error(`${problems.length} problems`);
});
