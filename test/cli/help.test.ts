/** What the help shows has to work: the examples name commands and options that exist, and bash completes them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { claimView } from '../../cli/claim-view.js';
import { EXAMPLES } from '../../cli/examples.js';
import { table } from '../../cli/output.js';
import { flowsProgram } from '../../cli/program.js';
import type { ClaimState } from '../../client/index.js';
import { flows } from './flows.js';

const run = promisify(execFile);

describe('the help of flows', function () {
  this.timeout(120_000);
  let script: string;
  before(async () => {
    script = (await flows(['completion', 'bash'])).stdout;
  });

  /** What bash offers where the cursor is at the end of the last word. */
  const completed = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await run('bash', [
      ...[
        '--norc',
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _flows; echo "\${COMPREPLY[@]}"`,
        'bash',
      ],
      ...words,
    ]);
    return stdout.trim().split(' ').filter(Boolean);
  };

  it('tells the version of the package, also from the sources, as `npm run flows` runs it', async () => {
    const fromSources = await flows(['--version'], { program: 'cli/main.ts' });
    const { code, stdout } = await flows(['--version']);
    assert.equal(fromSources.stdout, stdout);
    assert.equal(code, 0);
    assert.match(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
      new RegExp(`"version": "${stdout.trim()}"`),
    );
  });

  it('is completed by bash: commands, their options and the values of those', async () => {
    assert.deepEqual(await completed('flows', 'cl'), ['claim']);
    assert.deepEqual(await completed('flows', 'claim', 're'), ['resume', 'reassign', 'retry']);
    assert.deepEqual(await completed('flows', 'claim', 'start', '--l'), ['--lifecycle']);
    assert.deepEqual(await completed('flows', 'claim', 'start', '--lifecycle', ''), ['task-per-step', 'single-task']);
    assert.deepEqual(await completed('flows', 'worker', '--role', 'g'), ['gateway']);
    // A claim whose id is the name of a command leads nowhere else.
    assert.ok((await completed('flows', 'claim', 'show', 'start', '--')).includes('--json'));
    assert.deepEqual(await completed('flows', 'claim', 'start', 'examples/cl'), []);
  });

  it('ends with examples for every command, of options that it has', async () => {
    const groups = new Set(['flows', 'flows claim', 'flows gateway', 'flows onboarding', 'flows feed', 'flows codec']);
    const paths = [...script.matchAll(/^ +"(flows[^"]*)"\) words="([^"]*)"/gm)];
    const commands = new Map(paths.map(([, path, words]) => [String(path), String(words).split(' ')]));
    for (const [path] of commands) {
      if (/ --/.test(path) || groups.has(path)) continue;
      assert.ok(EXAMPLES[path], `${path} has no example`);
    }
    for (const [path, lines] of Object.entries(EXAMPLES)) {
      const words = commands.get(path) ?? assert.fail(`${path} is no command`);
      for (const line of lines) {
        assert.ok(line.includes(path), line);
        for (const [flag] of line.matchAll(/(?<= )--[a-z-]+/g)) assert.ok(words.includes(flag), `${flag} of ${line}`);
      }
    }
    const { stdout } = await flows(['claim', 'withdraw', '--help']);
    assert.match(stdout, /Examples:\n {2}flows claim withdraw C-1001 --reason/);
  });

  it('tables fit the terminal: the widest columns give way', () => {
    const rows = [
      ['ID', 'WHY', 'AT'],
      ['c-1', 'a reason that is told at great length', '2026-03-01'],
    ];
    assert.deepEqual(table(rows, 40).split('\n'), [
      'ID   WHY                      AT',
      'c-1  a reason that is told …  2026-03-01',
    ]);
    for (const line of table(rows, 40).split('\n')) assert.ok(line.length <= 40, line);
    assert.match(table(rows, Infinity), /great length/);
  });

  it('and where no width is left for so many columns, a row is a paragraph of which nothing is cut', () => {
    const step = {
      step: 'data_entry',
      round: 1,
      status: 'waiting',
      uid: 'f'.repeat(36),
      problem: 'too little: '.repeat(5),
    };
    const state = { claimId: 'c-1', needsAttention: '', steps: [step, step], audit: [] } as unknown as ClaimState;
    const [, first = '', second] = claimView(state, 60).split('\n\n');
    for (const line of first.split('\n')) assert.ok(line.length <= 60, line);
    const [stepLine, ...lines] = first.split('\n');
    assert.equal(stepLine, 'STEP      data_entry');
    assert.deepEqual(lines.slice(0, 3), ['ROUND     1', 'STATUS    waiting', `TASK      ${step.uid}`]);
    const note = lines.slice(3).map((line) => line.slice(10));
    assert.equal(note.join(''), step.problem);
    assert.equal(second, first);
    assert.match(claimView(state, 120), /^STEP +ROUND/m);
    assert.equal(table([['expected delay', 'at most 20 s']], 12), 'expecte…  at most…');
  });

  it('as wide as COLUMNS says, also in a pipe', async () => {
    const explain = (env = {}) => flows(['claim', 'explain', 'examples/claims.ndjson'], { env });
    const rows = async (env?: object) =>
      (await explain(env)).stdout.match(/^(STEP|data_entry|review|payment) .*$/gm) ?? [];
    assert.ok((await rows()).some((row) => row.length > 60));
    const narrow = await rows({ COLUMNS: '60' });
    assert.ok(narrow.length > 8);
    for (const row of narrow) assert.ok(row.length <= 60, row);
  });

  it('and every command has --json, but those whose output is a script or a log of JSON lines', () => {
    const lacking = leaves(flowsProgram()).filter(({ options }) => !options.some(({ long }) => long === '--json'));
    assert.deepEqual(lacking.map((command) => command.name()).toSorted(), ['completion', 'worker']);
  });
});

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
