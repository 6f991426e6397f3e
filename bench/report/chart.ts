/** The throughput of every client as a picture. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Result } from '../rounds.js';
import { figure } from './figure.js';

const TITLES: Readonly<Record<string, string>> = {
  'publish/plain': 'Publishing',
  consume: 'Consuming',
  'end-to-end/plain': 'End to end through RabbitMQ',
  'end-to-end/confirmed': 'End to end, confirmed and acknowledged',
};
type Panel = Extract<TopLevelSpec, { readonly concat: readonly unknown[] }>['concat'][number];

const OWN = 'matmq';
/** Not clients: they would only shorten the bars. */
const LEFT_OUT = ['raw TCP'];

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly label: string;
  readonly own: boolean;
}

function barsOf({ contestants }: Result): Bar[] {
  return contestants
    .filter(({ name }) => !LEFT_OUT.includes(name))
    .map(({ name, median }) => ({
      name,
      value: median.mbPerSecond ?? 0,
      label: figure(median.mbPerSecond),
      own: name === OWN,
    }));
}

const Y = {
  field: 'name',
  type: 'nominal',
  sort: null,
  axis: { title: null, ticks: false, domain: false, labelLimit: 280 },
} as const;
const X = { field: 'value', type: 'quantitative', axis: null } as const;

function panel(result: Result): Panel {
  return {
    title: { text: `${TITLES[result.scenario]}, ${result.size}`, fontSize: 11, anchor: 'start' },
    data: { values: barsOf(result) },
    width: 190,
    height: { step: 20 },
    layer: [
      {
        mark: { type: 'bar', height: 13 },
        encoding: { y: Y, x: X, color: { condition: { test: 'datum.own', value: '#d9480f' }, value: '#adb5bd' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 3, fontSize: 10 },
        encoding: { y: Y, x: X, text: { field: 'label' } },
      },
    ],
  };
}

function specification(results: readonly Result[]): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: 'MB/s, more is better', anchor: 'start' },
    background: 'white',
    columns: 3,
    concat: results.filter(({ scenario }) => TITLES[scenario] !== undefined).map(panel),
    config: { view: { stroke: null }, font: 'Helvetica, Arial, sans-serif' },
  };
}

/** SVG text. */
export async function chart(results: readonly Result[]): Promise<string> {
  const view = new View(parse(compile(specification(results)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
