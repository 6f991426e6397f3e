/** The files of the corpus, and what each reader makes of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError, Mat } from 'matmq';
import { python } from '../../support/python.js';
import { type Answer, pixelsOf } from './pixels.js';

export const MODES = ['unchanged', 'color', 'grayscale'] as const;
export type Mode = (typeof MODES)[number];

export interface CorpusFile {
  readonly name: string;
  readonly format: string;
  readonly kind: string;
  readonly state: 'sound' | 'damaged';
  readonly made: string;
  /** A sound file that shows the same colours. */
  readonly sameAs?: string;
}

/** What the readers make of one file in one mode. */
export interface Readings {
  readonly matmq: Answer;
  readonly cv2: Answer;
  readonly pillow: Answer;
}

export interface ReadFile extends CorpusFile {
  readonly readings: Readonly<Record<Mode, Readings>>;
}

const FORMATS = ['png', 'jpeg', 'webp', 'bmp', 'tiff', 'pnm'] as const;

interface Line {
  readonly name: string;
  readonly reader: 'cv2' | 'pillow';
  readonly mode: Mode;
  readonly refused?: string;
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  readonly depth: number;
  readonly at: number;
  readonly size: number;
}

async function decoded(bytes: Uint8Array, mode: Mode): Promise<Answer> {
  try {
    return pixelsOf(await Mat.decode(bytes, { mode, formats: FORMATS }));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { refused: `${error.code}: ${error.message}` };
  }
}

/** The answers of OpenCV and Pillow by file, reader and mode. */
async function referenceOf(folder: string): Promise<ReadonlyMap<string, Answer>> {
  const file = join(folder, 'pixels.bin');
  const text = await python('interop/corpus_reference.py', [folder, file]);
  const pixels = readFileSync(file);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return new Map(
    lines.map(({ name, reader, mode, refused, at, size, ...shape }) => [
      `${name} ${reader} ${mode}`,
      refused === undefined ? { ...shape, bytes: pixels.subarray(at, at + size) } : { refused },
    ]),
  );
}

/** Makes the corpus in the folder and has every reader decode it in every mode. */
export async function readCorpus(folder: string): Promise<readonly ReadFile[]> {
  await python('data/corpus/make_corpus.py', ['write', folder]);
  const reference = await referenceOf(folder);
  const found = (file: CorpusFile, reader: string, mode: Mode): Answer => {
    const answer = reference.get(`${file.name} ${reader} ${mode}`);
    if (answer === undefined) throw new Error(`corpus_reference.py says nothing about ${file.name}`);
    return answer;
  };
  const files = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as CorpusFile[];
  const read: ReadFile[] = [];
  for (const file of files) {
    const bytes = readFileSync(join(folder, file.name));
    const readingsIn = async (mode: Mode): Promise<Readings> => ({
      matmq: await decoded(bytes, mode),
      cv2: found(file, 'cv2', mode),
      pillow: found(file, 'pillow', mode),
    });
    const readings = {
      unchanged: await readingsIn('unchanged'),
      color: await readingsIn('color'),
      grayscale: await readingsIn('grayscale'),
    };
    read.push({ ...file, readings });
  }
  return read;
}
