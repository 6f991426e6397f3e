/** What docs/api.md and the doc comments of lib/ state, for tests that compare it with the code. */
import { readFileSync } from 'node:fs';

export type Table = readonly (readonly string[])[];

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

/** The lines below a heading of docs/api.md, subsections included. */
export function linesBelow(heading: string): string[] {
  const lines = read('docs/api.md').split('\n');
  const begin = lines.indexOf(heading);
  if (begin < 0) throw new Error(`docs/api.md has no ${heading}`);
  const level = heading.indexOf(' ');
  const length = lines.slice(begin + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(begin + 1, length < 0 ? undefined : begin + 1 + length);
}

/** The rows of the tables below a heading of docs/api.md; the first row is the header. */
export function tablesBelow(heading: string): Table[] {
  const section = linesBelow(heading);
  const tables: (readonly string[])[][] = [];
  section.forEach((line, index) => {
    if (!line.startsWith('|')) return;
    if (section[index - 1]?.startsWith('|') !== true) tables.push([]);
    const cells = line.replace(/^\|\s*|\s*\|$/g, '').split(/\s*(?<!\\)\|\s*/);
    if (!/^[-\s]*$/.test(cells.join(''))) tables.at(-1)?.push(cells);
  });
  return tables;
}

/** The table whose first column names `name`. */
export function tableWith(tables: readonly Table[], name: string): Table {
  const table = tables.find((rows) => namesIn(rows).includes(name));
  if (table === undefined) throw new Error(`docs/api.md has no table with ${name}`);
  return table;
}

/** The names in the first column, of which a row may have several. Words without code marks are no names. */
export function namesIn(table: Table): string[] {
  return table.slice(1).flatMap(([first = '']) => [...first.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
}

/** The default of an option, without the marks of code and strings. */
export function defaultOf(table: Table, name: string): string {
  const column = table[0]?.indexOf('default') ?? -1;
  const row = table.slice(1).find(([first = '']) => first.includes(`\`${name}\``));
  return row?.[column]?.replaceAll(/[`']/g, '') ?? '';
}

/** A value as docs/api.md writes it. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${written(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** The doc comments of the properties of one interface, by name, each as one line. */
export function commentsOf(file: string, interfaceName: string): Map<string, string> {
  const [, body] = new RegExp(`interface ${interfaceName}\\b[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(read(file)) ?? [];
  if (body === undefined) throw new Error(`${file} has no interface ${interfaceName}`);
  const properties = body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\??:/gs);
  return new Map(
    [...properties].map(([, comment = '', name = '']) => [name, comment.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim()]),
  );
}
