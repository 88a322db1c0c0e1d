import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Command } from 'commander';
import { isSilence } from '../client/claim-failures.js';
import { inTime } from '../client/in-time.js';
import { feedStatusQuery, feedWorkflowId, type FeedStatus } from '../workflows/account/contract.js';
import { accountName } from './accounts.js';
import { CliError, print, printJson, table } from './output.js';
import { withTemporal } from './session.js';

export function registerFeed(program: Command): void {
  program
    .command('feed')
    .description("the account's change feed")
    .command('status')
    .description('how completions are learnt at present, at what cost and with what delay')
    .option('--account <name>', 'without it, the default one', accountName)
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ account, json }: { account?: string; json?: boolean }) => {
      const status = await withTemporal((client) => feedStatus(client, account));
      if (json) printJson(status);
      else print(feedView(status));
    });
}

/** @throws CliError where there is no feed, or none that answers. */
export async function feedStatus(client: Client, account?: string): Promise<FeedStatus> {
  try {
    return await inTime(client, () => client.workflow.getHandle(feedWorkflowId(account)).query(feedStatusQuery));
  } catch (cause) {
    const never = cause instanceof WorkflowNotFoundError;
    if (!never && !isSilence(cause)) throw cause;
    const why = never ? 'there is no change feed yet' : 'the change feed does not answer';
    throw new CliError(`${why}: is a worker running? (\`flows worker\`)`, 1, { cause });
  }
}

function feedView(status: FeedStatus): string {
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
  return table([
    ['way', status.way],
    ...(status.why ? [['because', status.why]] : []),
    ...(status.retryAt ? [['tries better ways', status.retryAt]] : []),
    ['expected delay', `at most ${seconds(status.expectedDelayMs)}`],
    ['tasks awaited, as counted', status.awaited === undefined ? 'not counted yet' : String(status.awaited)],
    ['rounds', String(status.rounds)],
    ['told to processes', String(status.delivered)],
    ['requests last round', `${status.requestsLastRound}, of ${status.requestsPerMinute} a minute`],
    ['next round', `${seconds(status.intervalMs)} after the last`],
    ['unknown hints', String(status.unknownHints)],
  ]);
}
