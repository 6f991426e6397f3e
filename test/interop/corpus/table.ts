/** docs/image-corpus.md: how MatMQ, OpenCV and Pillow agree about the corpus, kind by kind. */
import { areAlike, faultsOf, isAsPillow } from './agreement.js';
import { EXCEPTIONS, exceptionOf } from './exceptions.js';
import { isRefused } from './pixels.js';
import { MODES, type ReadFile } from './readings.js';

const NAMES: Readonly<Record<string, string>> = {
  png: 'PNG',
  jpeg: 'JPEG',
  webp: 'WebP',
  bmp: 'BMP',
  tiff: 'TIFF',
  pnm: 'PNM',
};

const INTRODUCTION = `# The image corpus

What MatMQ decodes is held against OpenCV 4.6 (\`cv2.imdecode\`) and Pillow 9.4, the versions of Debian 12, with small
files of every kind that [api.md](api.md#decoding) promises, and with damaged ones. \`test/data/corpus\` makes them with
Pillow, OpenCV, ImageMagick, ffmpeg, netpbm and the tools of libtiff, libwebp and libpng, and by hand.
\`test/interop/corpus.test.ts\` decodes them, compares each pixel, and writes this page:

\`\`\`sh
MATMQ_WRITE_CORPUS_TABLE=1 npx vitest run --project interop corpus
\`\`\`

- **as OpenCV**: the files of which MatMQ makes the same pixels of the same type, or which both refuse: with
  \`unchanged\` / \`color\` / \`grayscale\`.
- **as Pillow**: those whose \`unchanged\` pixels are Pillow's; in brackets, where there are others, those that both
  decode to samples of one size. Pillow scales small maximum values, fills low bits, converts CMYK by other arithmetic,
  and reads and applies alpha where OpenCV does not.
- **refused**: by MatMQ / OpenCV / Pillow, with \`unchanged\`.
- **faults**: files with which MatMQ does not do what is expected of it: as OpenCV, or as one of the
  [exceptions](#exceptions) says.`;

/** In the order in which they come. `Map.groupBy` is missing in Node 20. */
function grouped(
  files: readonly ReadFile[],
  keyOf: (file: ReadFile) => string,
): ReadonlyMap<string, readonly ReadFile[]> {
  const groups = new Map<string, ReadFile[]>();
  for (const file of files) groups.set(keyOf(file), [...(groups.get(keyOf(file)) ?? []), file]);
  return groups;
}

const count = (files: readonly ReadFile[], test: (file: ReadFile) => boolean) => files.filter(test).length;

function asPillow(files: readonly ReadFile[]): string {
  const equal = count(files, ({ readings }) => isAsPillow(readings.unchanged));
  const comparable = count(files, ({ readings: { unchanged } }) => {
    const { matmq, pillow } = unchanged;
    return !isRefused(matmq) && !isRefused(pillow) && matmq.depth === pillow.depth;
  });
  return equal === comparable ? `${equal}` : `${equal} (${comparable})`;
}

function rowOf(kind: string, files: readonly ReadFile[], faulty: ReadonlySet<ReadFile>): string {
  const asOpenCv = MODES.map((mode) =>
    count(files, ({ readings }) => areAlike(readings[mode].matmq, readings[mode].cv2)),
  );
  const refused = (['matmq', 'cv2', 'pillow'] as const).map((reader) =>
    count(files, ({ readings }) => isRefused(readings.unchanged[reader])),
  );
  const faults = count(files, (file) => faulty.has(file));
  const cells = [kind, files.length, asOpenCv.join(' / '), asPillow(files), refused.join(' / '), faults || ''];
  return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
}

const HEAD = `| kind | files | as OpenCV | as Pillow | refused | faults |
|---|---|---|---|---|---|`;

function tableOf(files: readonly ReadFile[], faulty: ReadonlySet<ReadFile>): string {
  const kinds = grouped(files, ({ kind }) => kind);
  const rows = [...kinds].map(([kind, ofKind]) => rowOf(kind, ofKind, faulty));
  return [HEAD, ...rows].join('\n');
}

function sectionOf(format: string, files: readonly ReadFile[], faulty: ReadonlySet<ReadFile>): string {
  const parts = (['sound', 'damaged'] as const).flatMap((state) => {
    const some = files.filter((file) => file.state === state);
    return [`${state === 'sound' ? 'Sound' : 'Damaged'} files:`, tableOf(some, faulty)];
  });
  return [`## ${NAMES[format]}`, ...parts].join('\n\n');
}

/** Folded at 120 columns, as all text here is. */
function folded(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last !== '' && last.length + 1 + word.length > 120) lines.push(`  ${word}`);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

function exceptionsOf(files: readonly ReadFile[]): string {
  const points = EXCEPTIONS.map((exception) => {
    const concerned = files.filter((file) => MODES.some((mode) => exceptionOf(file, mode) === exception));
    const kinds = [...new Set(concerned.map(({ kind }) => kind))].join('; ');
    const modes = exception.modes ? `, ${exception.modes.join(' and ')}` : '';
    const much = concerned.length === 1 ? '1 file' : `${concerned.length} files`;
    const head = `**${NAMES[exception.format]}, ${kinds}** (${much}${modes})`;
    return folded(
      `- ${head}: MatMQ ${exception.instead === 'refuses' ? '' : 'decodes '}${exception.instead}. ${exception.reason}`,
    );
  });
  return ['## Exceptions', points.join('\n')].join('\n\n');
}

/** The whole page. */
export function corpusPage(files: readonly ReadFile[]): string {
  const faulty = new Set(faultsOf(files).map(({ file }) => file));
  const sections = [...grouped(files, ({ format }) => format)].map(([format, some]) => sectionOf(format, some, faulty));
  const damaged = count(files, ({ state }) => state === 'damaged');
  const asOpenCv = count(files, ({ readings }) =>
    MODES.every((mode) => areAlike(readings[mode].matmq, readings[mode].cv2)),
  );
  const sum = `${files.length} files, ${damaged} of them damaged; ${asOpenCv} are as OpenCV in every mode.`;
  return `${[INTRODUCTION, sum, ...sections, exceptionsOf(files)].join('\n\n')}\n`;
}
