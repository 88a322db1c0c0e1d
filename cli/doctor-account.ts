import type { Client } from '@temporalio/client';
import { unanswered, type Finding } from './doctor-finding.js';
import { feedStatus } from './feed.js';
import { leaseStatus } from './lease-status.js';
import { CliError } from './output.js';

/** Whether somebody sends for the account; without it every write waits. */
export async function leaseFinding(client: Client, account?: string): Promise<Finding> {
  const what = `gateway of ${account ?? 'the default account'}`;
  try {
    const { held, holder, problem } = await leaseStatus(client, account);
    if (held) return { what, verdict: 'ok', said: `held by ${holder ?? 'a worker that has just taken it'}` };
    const remedy = `start one: flows worker --role gateway${account ? ` --account ${account}` : ''}`;
    return { what, verdict: 'warning', said: `nobody sends: ${problem}`, remedy };
  } catch (error) {
    return unanswered(what, error);
  }
}

/** How completions are learnt: any way but the list costs more or is slower. */
export async function feedFinding(client: Client, account?: string): Promise<Finding> {
  const what = `change feed of ${account ?? 'the default account'}`;
  try {
    const { way, why, retryAt, expectedDelayMs } = await feedStatus(client, account);
    const said = `by ${way}, a completion is told within ${Math.round(expectedDelayMs / 1_000)} s`;
    if (way === 'list') return { what, verdict: 'ok', said };
    const remedy = `it tries the list again by itself${retryAt ? `, at ${retryAt}` : ''}; docs/change-feed.md tells the ways apart`;
    return { what, verdict: 'warning', said: `${said}; the list is not used: ${why ?? 'not known'}`, remedy };
  } catch (error) {
    if (!(error instanceof CliError)) return unanswered(what, error);
    return { what, verdict: 'warning', said: error.message, remedy: 'start a worker of both roles: flows worker' };
  }
}
