import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from '../machine.js';
import { replaceBlock } from '../page.js';
import { round } from '../section.js';
import type { Point } from './run.js';

/** A line for each figure, a column for each number of claims. */
export function rowsOf(points: readonly Point[]): string[][] {
  return [
    ['', ...points.map(({ claims }) => `${claims} open`)],
    ...FIGURES.map(([what, of]) => [what, ...points.map(of)]),
  ];
}

const FIGURES: [what: string, of: (point: Point) => string][] = [
  ['opened in, s', ({ open }) => `${open.seconds}`],
  ['requests to open them', ({ open }) => `${open.requests}`],
  ['held: requests a minute', ({ hold }) => `${round((hold.requests * 60) / hold.seconds)}`],
  [
    'held: way of the feed, delay at most, s',
    ({ hold: { feed } }) => `${feed.way}, ${round(feed.expectedDelayMs / 1000)}`,
  ],
  ['held: Temporal lists the awaited tasks in, ms', ({ hold }) => `${hold.listMs}`],
  [
    'held: processor, worker and server, %',
    ({ hold }) => `${share(hold.cpu.worker, hold)} and ${share(hold.cpu.server, hold)}`,
  ],
  [
    "reconciliation: requests with the feed's (stated of its own)",
    ({ reconcile }) => `${reconcile.requests} (${reconcile.stated})`,
  ],
  ['reconciliation: took, s', ({ reconcile }) => `${reconcile.seconds}`],
  ['finished in, s', ({ finish }) => (finish ? `${finish.seconds}` : 'still open')],
  ['requests to finish them', ({ finish }) => (finish ? `${finish.requests}` : '')],
  ['most requests in any 60 s', ({ maxIn60s }) => `${maxIn60s}`],
  ['worker, held: MB resident (peak of the run)', (point) => `${point.hold.mb.worker} (${peakOf(point)})`],
  ['Temporal dev server, held: MB resident', ({ hold }) => `${hold.mb.server}`],
  ["the worker's event loop: busy, %", ({ eventLoop }) => `${eventLoop.busyPercent}`],
  [
    "the worker's event loop: late by, p99 (most), ms",
    ({ eventLoop }) => `${eventLoop.lateMsP99} (${eventLoop.lateMsMax})`,
  ],
  ['history of a claim: events, bytes', ({ history }) => `${history.events}, ${history.bytes}`],
  ['lost, doubled, left open or answered 429', ({ wrongs }) => (wrongs.length === 0 ? 'none' : wrongs.join('; '))],
];

const share = (cpu: number, { seconds }: { seconds: number }): number => round((100 * cpu) / seconds);
const peakOf = ({ finish, reconcile }: Point): number => (finish ?? reconcile).mb.workerPeak;

type Kept = Point & { machine: Machine };

/** Puts the points into the page; those of other numbers of claims that stand there stay. */
export async function writePoints(path: string, points: readonly Point[], machine: Machine): Promise<void> {
  const page = await readFile(path, 'utf8');
  const fresh = points.map((point): Kept => ({ ...point, machine }));
  const others = keptIn(page).filter(({ claims }) => !fresh.some((point) => point.claims === claims));
  const all = [...others, ...fresh].toSorted((a, b) => a.claims - b.claims);
  await writeFile(path, replaceBlock(path, page, 'scale', block(all)));
}

function keptIn(page: string): Kept[] {
  const [, json] = /<!-- bench:scale -->[^]*```json\n([^]*?)\n```[^]*<!-- \/bench:scale -->/.exec(page) ?? [];
  return json === undefined ? [] : (JSON.parse(json) as Kept[]);
}

function block(points: readonly Kept[]): string {
  const [head = [], ...rows] = rowsOf(points);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    chart('requests a minute while held', points, ({ hold }) => round((hold.requests * 60) / hold.seconds)),
    '',
    chart('requests of a reconciliation', points, ({ reconcile }) => reconcile.requests),
    '',
    chart('worker, MB resident while held', points, ({ hold }) => hold.mb.worker),
    '',
    line(head),
    line(['---', ...points.map(() => '---:')]),
    ...rows.map(line),
    '',
    ...points.map(({ claims, date, finish, machine: { commit, cpu, memory, node, temporal } }) => {
      const command = `npm run scale -- --claims ${claims}${finish ? '' : ' --no-finish'}`;
      return `- ${claims}: ${date}, commit ${commit}; ${cpu}, ${memory}, Node ${node}, ${temporal}. Again: \`${command}\`.`;
    }),
    '',
    '<details><summary>raw output</summary>',
    '',
    '```json',
    JSON.stringify(points, undefined, 1),
    '```',
    '',
    '</details>',
  ].join('\n');
}

function chart(title: string, points: readonly Point[], of: (point: Point) => number): string {
  return [
    '```mermaid',
    'xychart-beta',
    `  title "${title}, by open claims"`,
    `  x-axis [${points.map(({ claims }) => claims).join(', ')}]`,
    `  y-axis "${title}" 0 --> ${Math.ceil(1.1 * Math.max(...points.map(of)))}`,
    `  bar [${points.map(of).join(', ')}]`,
    '```',
  ].join('\n');
}
