import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { mapBounded } from '../activities/bounded.js';
import { isOpen } from '../activities/drift.js';
import { Claims, type Lifecycle } from '../client/index.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task } from '../fragment/schema.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { wholeNumber } from './arguments.js';
import { STARTS_AT_ONCE } from './at-once.js';
import { demoClaims, type DemoInput } from './demo-claims.js';
import { DemoRun } from './demo-run.js';
import { aborted, interruptible } from './interruption.js';
import { exitWith, note, print, printJson } from './output.js';
import { withProgress } from './progress.js';
import type { Stage } from './stage.js';

interface DemoOptions extends DemoInput {
  lifecycle?: Lifecycle;
  timeout?: number;
  json?: boolean;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'run claims to their ends: on Temporal and a sandbox of our own, or on those that the environment names',
    )
    .option('--claims <file>', 'FHIR R4 Claims or our own, as JSON or NDJSON; default: examples/claims.ndjson')
    .option('--count <n>', 'so many claims; beyond the end of the file it begins again with new ids', wholeNumber)
    .addOption(new Option('--lifecycle <lifecycle>', 'default: the examples run in both').choices(LIFECYCLES))
    .option('--timeout <seconds>', 'give up waiting; what has been started goes on', wholeNumber)
    .option('--json', 'print one JSON object and nothing else')
    .action((options: DemoOptions) => interruptible((interrupted) => demo(options, interrupted)));
}

async function demo(options: DemoOptions, interrupted: AbortSignal): Promise<void> {
  const began = performance.now();
  const wanted = await demoClaims(options);
  // Workers and the sandbox: half a second that no other command has to wait for.
  const { onStage } = await import('./stage.js');
  await onStage({ team: true }, async (stage) => {
    note(whereToLook(stage));
    const taskUrl = stage.sandbox && `${stage.sandbox.url}/tasks/{uid}`;
    const run = new DemoRun(new Claims(stage.temporal, { policy: { taskUrl } }));

    const over = new AbortController();
    // Every claim that is waited for listens to it.
    setMaxListeners(0, over.signal);
    // Calls that still wait when the connection is closed would end the process with a stack: the signal ends them before.
    const ended = stage.temporal.withAbortSignal(over.signal, async () => {
      await run.start(wanted.claims, over.signal);
      await run.finish(over.signal);
    });
    const timeout = options.timeout && sleep(options.timeout * 1_000, 'timeout', { ref: false });
    const race = [ended, stage.failed, aborted(interrupted).then(() => 'interrupted')];
    const early = await withProgress(
      () => howFar(run, wanted.claims.length),
      () => Promise.race(timeout ? [...race, timeout] : race),
    ).finally(() => over.abort());

    const summary = await summarize(run, await stage.gateway(), began);
    if (options.json) printJson(summary);
    else print(inWords(summary));
    if (early) note(`error: ${early} with ${run.open.length} claims still open: ${run.open.slice(0, 5).join(', ')}`);
    if (run.earlier > 0) note(`${run.earlier} of them had been started by an earlier run, and stand as they were.`);
    const asTheyShould =
      run.open.length + run.broken.length + wanted.bad + run.count('failed') + summary.tasks.open === 0;
    if (early || !asTheyShould) exitWith(1);
  });
}

function whereToLook({ uiUrl, address, sandbox, config }: Stage): string {
  const temporal = uiUrl ? `Temporal Web UI: ${uiUrl}` : `Temporal: ${address}`;
  const fragment = sandbox ? `inbox: ${sandbox.url}` : `Fragment: ${config.FRAGMENT_API_URL}`;
  return `${temporal}\n${fragment}\n`;
}

function howFar(run: DemoRun, wanted: number): string {
  return `${run.started}/${wanted} started, ${run.count('paid')} paid, ${run.count('rejected')} rejected, ${run.open.length} open`;
}

type Summary = Awaited<ReturnType<typeof summarize>>;

/** The open tasks are counted by asking Fragment for every task that was made. */
async function summarize(run: DemoRun, gateway: Gateway, began: number) {
  const created = await run.tasks();
  const seen = (await gateway.readMany(created)).filter(isOpen);
  // A search may be behind, and none should be open once every claim has ended: each of them alone is what it is.
  const open = run.open.length > 0 ? seen : await stillOpen(gateway, seen);
  const { requests, writes, s429 } = gateway.stats();
  return {
    claims: {
      started: run.started,
      paid: run.count('paid'),
      rejected: run.count('rejected'),
      withdrawn: run.count('withdrawn'),
      failed: run.count('failed'),
    },
    tasks: { created: created.length, open: open.length },
    fragment: { requests, writes, s429 },
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
}

async function stillOpen(gateway: Gateway, tasks: readonly Task[]): Promise<Task[]> {
  const looks = await mapBounded(tasks, STARTS_AT_ONCE, ({ uid }) => gateway.readMany([uid]));
  return looks.flat().filter(isOpen);
}

function inWords({ claims, tasks, fragment, seconds }: Summary): string {
  return [
    `claims: ${claims.started} started, ${claims.paid} paid, ${claims.rejected} rejected, ${claims.withdrawn} withdrawn, ${claims.failed} failed`,
    `tasks: ${tasks.created} created, ${tasks.open} still open`,
    `Fragment: ${fragment.requests} requests for ${fragment.writes} writes, ${fragment.s429} times over the limit`,
    `${seconds} s; \`npm run dev\` keeps all of it up to look around in`,
  ].join('\n');
}
