/** The code blocks of the pages, as files that the compiler can read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Block {
  /** The page and the line of its first line, such as `docs/guide.md:148`. */
  readonly at: string;
  readonly code: string;
}

function pages(): string[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => join('docs', name))];
}

/** Those of TypeScript. `ts signatures` is what a class has, and no program. */
export function codeBlocks(): Block[] {
  return pages().flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ index, 1: code }) => ({
      at: `${page}:${text.slice(0, index).split('\n').length + 1}`,
      code: code as string,
    }));
  });
}

/** A module of it: a block that imports nothing of MatMQ has all of it. */
export function moduleOf({ code }: Block, exported: readonly string[]): string {
  const names = exported.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const own =
    code.includes("from 'matmq'") || names.length === 0 ? '' : `import { ${names.join(', ')} } from 'matmq';\n`;
  return `${own}${code}\nexport {};\n`;
}

/** What the blocks leave to the reader. */
export const GLOBALS = `
import type { spawn as Spawn, ChildProcess } from 'node:child_process';
import type { once as Once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type * as MatMQ from 'matmq';
declare global {
  const producer: MatMQ.Producer;
  const consumer: MatMQ.Consumer;
  const work: (message: MatMQ.Message | MatMQ.ReceivedImage, damaged?: boolean) => Promise<void>;
  const options: MatMQ.ConnectionOptions;
  const rows: number;
  const cols: number;
  const input: readonly string[];
  const spawn: typeof Spawn;
  const once: typeof Once;
  const framesOf: (pipe: Readable) => AsyncIterable<Uint8Array>;
  const browsers: Set<ServerResponse>;
  const cameraMemory: Uint8Array;
  const sharp: (path: string) => {
    raw(): { toBuffer(options: { resolveWithObject: true }): Promise<MatMQ.SharpRaw> };
  };
  const context: { getImageData(x: number, y: number, width: number, height: number): MatMQ.ImageDataLike };
  const cv: MatMQ.Opencv4nodejs<unknown> & { imread(path: string): MatMQ.Opencv4nodejsMat };
  const ca: string;
  const cert: string;
  const key: string;
  const passphrase: string;
}
export {};
`;
