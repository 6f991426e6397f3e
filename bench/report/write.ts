/** Writes a report where it belongs. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../harness/places.js';
import { chart } from './chart.js';
import { insertInto, markdown } from './markdown.js';
import type { Report } from './report.js';

interface Places {
  readonly json: string;
  readonly page: string;
  readonly chart: string;
}

/** Of a whole run. */
const PUBLISHED: Places = {
  json: join(ROOT, 'bench/results/latest.json'),
  page: join(ROOT, 'docs/performance.md'),
  chart: join(ROOT, 'docs/images/performance.svg'),
};

/** Of a quick run or a part: its figures are not to be trusted, or not all there. */
const DRAFT: Places = {
  json: join(ROOT, 'build/bench/report/latest.json'),
  page: join(ROOT, 'build/bench/report/performance.md'),
  chart: join(ROOT, 'build/bench/report/images/performance.svg'),
};

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Returns the paths written. */
export async function writeReport(report: Report, published: boolean): Promise<string[]> {
  const places = published ? PUBLISHED : DRAFT;
  // A draft shows the page as it would be.
  const page = existsSync(PUBLISHED.page) ? await readFile(PUBLISHED.page, 'utf8') : '';
  await write(places.json, `${JSON.stringify(report, null, 2)}\n`);
  await write(places.page, insertInto(page, markdown(report)));
  await write(places.chart, await chart(report.results));
  return Object.values(places);
}
