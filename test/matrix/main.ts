/** `npm run matrix -- [--alone | --pairs] [--only NAME] [--shard I/N] [--jobs N]`: the acceptance suite under every profile. */
import { parseArgs } from 'node:util';
import { table } from '../../cli/output.js';
import { alone, pairs, unlike, type Profile } from './profiles.js';
import { repeat, runSuite, type Outcome } from './suite.js';

const { values } = parseArgs({
  options: {
    alone: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    /** Profiles whose name holds this. */
    only: { type: 'string', default: '' },
    /** The second third is 2/3. */
    shard: { type: 'string', default: '1/1' },
    jobs: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});
const shard = /^([1-9]\d?)\/([1-9]\d?)$/.exec(values.shard);
if (!shard || !/^[1-9]$/.test(values.jobs)) throw new Error('--shard is I/N, --jobs is 1 to 9');
const [index, of] = [Number(shard[1]) - 1, Number(shard[2])];

const both = !values.alone && !values.pairs;
const profiles = [
  ...(both || values.alone ? alone() : []),
  ...(both || values.pairs ? pairs() : []),
  ...(both ? unlike(3) : []),
]
  .filter(({ name }) => name.includes(values.only))
  .filter((_, at) => at % of === index);
if (profiles.length === 0) throw new Error(`no profile is called ${values.only} (--list names them)`);

if (values.list) print(profiles.map(({ name, behaviour }) => `${name} ${JSON.stringify(behaviour)}`).join('\n'));
else await run(profiles);

async function run(under: Profile[]): Promise<void> {
  const outcomes = await runSuite(['test/acceptance/**/*.test.ts'], under, {
    jobs: Number(values.jobs),
    ended: (outcome) => void process.stderr.write(`${inWords(outcome)}\n`),
  });
  print(table([['profile', 'outcome'], ...outcomes.map((outcome) => [outcome.profile.name, verdict(outcome)])]));
  const failed = outcomes.filter((outcome) => verdict(outcome).startsWith('FAILED'));
  print(`${outcomes.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

/** With what failed, and how to repeat it. */
function inWords(outcome: Outcome): string {
  const { profile, failures, output } = outcome;
  const line = `${profile.name}: ${verdict(outcome)}`;
  if (line.includes(': passed')) return line;
  const said = failures.map(({ title, message }) => `  ${title}\n    ${message.replaceAll('\n', '\n    ')}`);
  return [line, ...said, ...(output ? [output] : []), `  ${repeat(profile)}`].join('\n');
}

function verdict({ passed, failures, output }: Outcome): string {
  if (output !== undefined) return 'FAILED before it could report';
  return failures.length > 0 ? `FAILED ${failures.length} of ${passed + failures.length}` : `passed ${passed}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
