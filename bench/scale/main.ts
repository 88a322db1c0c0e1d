/** `npm run scale`: what open claims cost, at several numbers of them, and whether any is lost. */
import { Command, InvalidArgumentError } from 'commander';
import { reportFailure } from '../../cli/failure.js';
import { exitWith, note, print, printJson, table } from '../../cli/output.js';
import { REQUESTS_PER_MINUTE } from '../fragment.js';
import { describeMachine } from '../machine.js';
import { mustHoldMappings } from './mappings.js';
import { rowsOf, writePoints } from './page.js';
import { runScale, type Point } from './run.js';

interface Options {
  claims: number[];
  limit: number;
  hold: number;
  finish: boolean;
  json?: boolean;
  write?: string;
}

const program = new Command('scale')
  .description(
    'Opens so many claims, holds them open, reconciles and finishes them: a Temporal dev server, the sandbox with its limit,\n' +
      'one worker for all. Exits 1 where one is lost, does not end as decided, or meets a 429.',
  )
  .option(
    '--claims <numbers>',
    'how many are open at once; several, separated by commas, one after the other',
    numbers,
    [100, 1_000, 10_000],
  )
  .option('--limit <requests>', 'requests a minute of Fragment', whole, REQUESTS_PER_MINUTE)
  .option('--hold <seconds>', 'how long they are held open', whole, 120)
  .option('--no-finish', 'leave them open: what holding them costs, in less time')
  .option('--json', 'print one JSON object and nothing else')
  .option('--write <page>', 'put the curve between the markers of this page, such as docs/performance.md')
  .exitOverride()
  .action(scale);

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}

async function scale({ claims, limit, hold, finish, json, write }: Options): Promise<void> {
  for (const many of claims) await mustHoldMappings(many);
  const machine = await describeMachine();
  const points: Point[] = [];
  for (const many of claims) {
    const tell = (what: string) => note(`${many} claims: ${what}`);
    const soFar = async (point: Point) => void (write && (await writePoints(write, [point], machine)));
    const point = await runScale({ claims: many, requestsPerMinute: limit, holdSeconds: hold, finish, tell, soFar });
    points.push(point);
    for (const wrong of point.wrongs) tell(`WRONG: ${wrong}`);
    await soFar(point);
  }
  if (json) printJson({ machine, points });
  else print(table(rowsOf(points)));
  if (points.some(({ wrongs }) => wrongs.length > 0)) exitWith(1);
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('A whole number from 1 is wanted.');
  return number;
}

function numbers(list: string): number[] {
  return list.split(',').map(whole);
}
