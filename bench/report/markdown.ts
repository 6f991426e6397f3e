/** The generated part of docs/performance.md. */
import type { Report } from './report.js';
import { caseRows, type Rows, sizeRows, verdictRows } from './rows.js';

const BEGIN = '<!-- bench:begin (npm run bench writes what follows) -->';
const END = '<!-- bench:end -->';

function table({ head, body }: Rows): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...body.map(line)].join('\n');
}

/** First throughput by size; then everything there is to say about each size. */
function scenarioSection(results: Report['results']): string {
  const [first] = results;
  if (first === undefined) return '';
  if (results.length === 1) return `### ${first.title}\n\n${table(caseRows(first))}`;
  const details = results.map((result) => `**${result.size ?? result.title}**\n\n${table(caseRows(result))}`);
  if (first.size === undefined || new Set(results.map(({ title }) => title)).size > 1) {
    return results.map((result) => `### ${result.title}\n\n${table(caseRows(result))}`).join('\n\n');
  }
  return [
    `### ${first.title}`,
    table(sizeRows(results)),
    '<details><summary>All figures</summary>',
    ...details,
    '</details>',
  ].join('\n\n');
}

export function markdown({ machine, versions, date, rounds, results, verdicts }: Report): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const of = (scenario: string) => results.filter((result) => result.scenario === scenario);
  const facts = [...Object.entries(machine), ...Object.entries(versions)];
  return [
    `Measured on ${date.slice(0, 10)}, medians of ${rounds} rounds, on:`,
    facts.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    '![MB/s of every client](images/performance.svg)',
    '### Targets',
    table(verdictRows(verdicts)),
    ...scenarios.map((scenario) => scenarioSection(of(scenario))),
  ].join('\n\n');
}

/** Puts the generated part into the page. */
export function insertInto(page: string, generated: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no ${BEGIN} before a ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${generated}\n\n${page.slice(end)}`;
}
