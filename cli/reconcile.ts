import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  RECONCILE_WORKFLOW,
  reconcileId,
  type ReconcileInput,
  type ReconcileReport,
} from '../workflows/account/reconcile-contract.js';
import { accountName } from './accounts.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { noteVacancy } from './lease-status.js';
import { CliError, exitWith, note, print, printJson } from './output.js';
import { scheduleReconcile, unscheduleReconcile } from './reconcile-schedule.js';
import { reconcileView } from './reconcile-view.js';
import { withTemporal } from './session.js';

interface ReconcileOptions {
  account?: string;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
  /** Milliseconds between two runs. */
  schedule?: number;
  unschedule?: boolean;
}

export function registerReconcile(program: Command): void {
  program
    .command('reconcile')
    .description('compare the tasks that processes wait for with those in Fragment, and mend what differs')
    .option('--account <name>', 'without it, the default one', accountName)
    .option('--dry-run', 'propose only, change nothing')
    .option('--force', 'close orphans of processes that Temporal does not know, even where they are many')
    .addOption(
      new Option('--schedule <interval>', 'let Temporal run it, such as "every 1h"; changes a schedule that exists')
        .argParser(interval)
        .conflicts('unschedule'),
    )
    .option('--unschedule', 'end the schedule')
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText(
      'after',
      '\nExit code: 0 nothing differs, or all of it was mended; 1 drift was found and not mended, or not all could be looked at.',
    )
    .action((options: ReconcileOptions) => withTemporal((client) => act(client, options)));
}

async function act(client: Client, options: ReconcileOptions): Promise<void> {
  const { account, dryRun, force, json, schedule, unschedule } = options;
  const input: ReconcileInput = {
    ...(account ? { account } : {}),
    ...(dryRun ? { dryRun } : {}),
    ...(force ? { force } : {}),
  };
  if (schedule !== undefined) {
    const done = await scheduleReconcile(client, schedule, input);
    return json ? printJson(done) : print(`schedule ${done.scheduleId}: ${done.created ? 'created' : 'changed'}`);
  }
  if (unschedule) {
    const done = await unscheduleReconcile(client, account);
    return json ? printJson(done) : print(`schedule ${done.scheduleId}: ${done.ended ? 'ended' : 'there is none'}`);
  }
  const report = await run(client, input);
  if (json) printJson(report);
  else print(reconcileView(report));
  if (!report.clean) exitWith(1);
}

/** Ends with the report. Interrupting the command does not end the run: it goes on in Temporal. */
async function run(client: Client, input: ReconcileInput): Promise<ReconcileReport> {
  const workflowId = reconcileId(input.account);
  try {
    const handle = await client.workflow.start(RECONCILE_WORKFLOW, {
      workflowId,
      taskQueue: PROCESSES_QUEUE,
      workflowIdConflictPolicy: 'FAIL',
      args: [input],
      staticSummary: `Reconciliation with Fragment${input.account ? `, account ${input.account}` : ''}${input.dryRun ? ' (dry run)' : ''}`,
    });
    note(`workflow ${handle.workflowId}, run ${handle.firstExecutionRunId}; a worker has to be running`);
    const [report] = await Promise.all([handle.result(), noteVacancy(client, input.account, 'it waits')]);
    return report as ReconcileReport;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CliError(
      `a reconciliation is running already: workflow ${workflowId} in the Web UI shows how far it is; try again when it has ended`,
      1,
      { cause: error },
    );
  }
}

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function interval(text: string): number {
  const [, count = '', unit = ''] = /^(?:every\s+)?([1-9]\d{0,3})\s*([mhd])$/.exec(text.trim()) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? NaN);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It has to be minutes, hours or days: "every 30m", "every 1h".');
  return ms;
}
