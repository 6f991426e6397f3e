/** Measures, prints and writes the report: what `npm run bench` does once everything is built. */
import { type CommandLine, readCommandLine, USAGE } from './command-line.js';
import { Context } from './context.js';
import { judge } from './outcome.js';
import { machine, versions } from './report/environment.js';
import { caseRows, verdictRows } from './report/rows.js';
import { terminalTable } from './report/terminal.js';
import { writeReport } from './report/write.js';
import { type Result, runRounds } from './rounds.js';
import { allCases } from './scenarios/index.js';

/** One line that is written over again, where there is a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function heading({ title, size }: Result): string {
  return size === undefined || title.includes(size) ? title : `${title}, ${size}`;
}

async function measure(context: Context, { effort, choose }: CommandLine): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of allCases(context)) {
    const chosen = choose(one);
    if (chosen === undefined) continue;
    const result = await runRounds(chosen, effort.rounds, progress);
    progress('');
    results.push(result);
    console.log(`\n${heading(result)}\n${terminalTable(caseRows(result))}`);
  }
  return results;
}

async function bench(commandLine: CommandLine): Promise<void> {
  const start = performance.now();
  await using context = new Context(commandLine.effort);
  const results = await measure(context, commandLine);
  if (results.length === 0) throw new Error('there is no such thing to measure: see --list');
  const verdicts = judge(results);
  if (verdicts.length > 0) console.log(`\nTargets\n${terminalTable(verdictRows(verdicts))}`);
  const written = await writeReport(
    {
      date: new Date().toISOString(),
      rounds: commandLine.effort.rounds,
      machine: machine(),
      versions: versions(await context.brokerVersion()),
      verdicts,
      results,
    },
    commandLine.whole,
  );
  console.log(`\nWritten after ${((performance.now() - start) / 1000).toFixed(0)} s:\n${written.join('\n')}`);
}

function list(commandLine: CommandLine): void {
  for (const { id, contestants } of allCases(new Context(commandLine.effort))) {
    console.log(`${id}: ${contestants.join(', ')}`);
  }
}

const commandLine = readCommandLine(process.argv.slice(2));
if (commandLine.help) console.log(USAGE);
else if (commandLine.list) list(commandLine);
else await bench(commandLine);
