/** `npm run simulate`: what so many claims a day ask of the request budget, of people and of workers. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { reportFailure } from '../../cli/failure.js';
import { exitWith, note, print, printJson, table } from '../../cli/output.js';
import { LIFECYCLES } from '../../workflows/tasks/contract.js';
import { CHECKED, checked } from './check.js';
import { DEFAULTS, type Scenario, type Span } from './scenario.js';
import { sharesOf } from './shares.js';
import { simulate } from './simulate.js';
import { linesOf } from './words.js';

interface Options extends Scenario {
  json?: boolean;
  check?: boolean;
}

const program = new Command('simulate')
  .description(
    "Simulates days of claims in seconds: the product's own gateway, request budget and change feed, in simulated time, without\n" +
      'Temporal. The same options and seed give the same figures.',
  )
  .option('--claims-a-day <number>', 'claims that come in each day', number, DEFAULTS.claimsADay)
  .option(
    '--arrivals <span>',
    'when they come in, such as 00:00-24:00, or 02:00-02:05 for an import at night',
    span,
    DEFAULTS.arrivals,
  )
  .option('--days <number>', 'days, from a Monday on', number, DEFAULTS.days)
  .option('--steps <number>', 'steps of a claim that people do; its payment comes on top', number, DEFAULTS.steps)
  .addOption(
    new Option('--lifecycle <name>', 'a task for each step, or one that moves')
      .choices(LIFECYCLES)
      .default(DEFAULTS.lifecycle),
  )
  .option('--people <number>', 'people at work', number, DEFAULTS.people)
  .option('--hours <span>', 'when they work', span, DEFAULTS.hours)
  .option('--workdays <number>', 'days of the week on which they work, from Monday on', number, DEFAULTS.workdays)
  .option('--minutes-a-step <number>', 'what a step takes on average', positive, DEFAULTS.minutesAStep)
  .option('--requests-per-minute <number>', "the account's limit", number, DEFAULTS.requestsPerMinute)
  .option('--batch <number>', 'tasks in one batch request', number, DEFAULTS.batch)
  .option('--fragment-ms <number>', 'what Fragment takes to answer (a guess)', number, DEFAULTS.fragmentMs)
  .addOption(
    new Option('--feed <way>', 'how the change feed reads: docs/change-feed.md')
      .choices(['list', 'bulk'])
      .default(DEFAULTS.feed),
  )
  .option('--workers <number>', 'workers for processes, a core each', number, DEFAULTS.workers)
  .option(
    '--worker-ms <number>',
    'what a step of a process takes one of them (npm run scale)',
    number,
    DEFAULTS.workerMs,
  )
  .option('--seed <text>', 'of all that happens by chance', DEFAULTS.seed)
  .option('--check', `instead, hold a prediction against a real run of ${CHECKED.claimsADay} claims: some two minutes`)
  .option('--json', 'print one JSON object and nothing else')
  .exitOverride()
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}

async function run({ json, check, ...scenario }: Options): Promise<void> {
  if (check) return compare(json);
  const simulated = await simulate(scenario);
  const shares = sharesOf(scenario, simulated);
  if (json) printJson({ scenario, ...simulated, shares, saturatesFirst: shares[0]?.what });
  else print(table(linesOf(scenario, simulated, shares)));
}

/** The real run is always the same one: a check of other options would take as long as they say. */
async function compare(json?: boolean): Promise<void> {
  note('predicted in simulated time, then run for real ...');
  const figures = await checked();
  const missed = figures.filter(({ within }) => !within);
  if (json) printJson({ scenario: CHECKED, figures });
  else {
    const rows = figures.map(({ what, predicted, measured, tolerance, within }) => {
      return [what, `${predicted}`, `${measured}`, `± ${tolerance}`, within ? 'met' : 'missed'];
    });
    print(table([['', 'predicted', 'measured', 'tolerance', ''], ...rows]));
  }
  if (missed.length > 0) exitWith(1);
}

function number(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('A whole number is wanted.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('A number above 0 is wanted.');
  return value;
}

function span(text: string): Span {
  const [, from, to] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.exec(text) ?? [];
  if (!from || !to || from >= to) throw new InvalidArgumentError('Two times of a day are wanted, such as 09:00-17:00.');
  return [from, to];
}
