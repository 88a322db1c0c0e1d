import type { Command } from 'commander';
import { chosenAccounts, collectAccount, type AccountOption } from './accounts.js';
import { leaseStatus, type LeaseStatus } from './lease-status.js';
import { exitWith, print, printJson } from './output.js';
import { withTemporal } from './session.js';
import { settings } from './settings.js';

export function registerGateway(program: Command): void {
  program
    .command('gateway')
    .description('what sends to Fragment')
    .command('status')
    .description('tell who sends for each account, since when, and how it fares; exit 1 where nobody does')
    .option('--account <name>', 'this Fragment account alone; may be repeated', collectAccount)
    .option('--json', 'print one JSON object and nothing else')
    .action(showStatus);
}

async function showStatus({ account, json }: AccountOption & { json?: boolean }): Promise<void> {
  const accounts = chosenAccounts(settings(process.env, []), account);
  const gateways = await withTemporal((client) => Promise.all(accounts.map((name) => leaseStatus(client, name))));
  if (json) printJson({ gateways });
  else print(gateways.map(inWords).join('\n\n'));
  if (gateways.some(({ held }) => !held)) exitWith(1);
}

function inWords({ account, held, holder, since, gateway, ageSeconds, problem }: LeaseStatus): string {
  const taken = since ? ` since ${since.slice(0, 19).replace('T', ' ')} UTC` : '';
  const headline = held
    ? `${account}: held by ${holder ?? 'a worker that has just taken it'}${taken}`
    : `${account}: NOBODY sends: ${problem}${holder ? `\n  last held by ${holder}${taken}` : ''}`;
  if (!gateway) return headline;
  const { waiting, oldestWaitMs, tokens, requestsLastMinute, requestsPerMinuteNow } = gateway;
  return [
    headline,
    `  figures of ${ageSeconds ?? '?'} s ago:`,
    `  waiting ${waiting}, the oldest for ${(oldestWaitMs / 1_000).toFixed(1)} s; ${tokens.toFixed(1)} requests may go at once`,
    `  ${requestsLastMinute} requests in the last minute, ${requestsPerMinuteNow.toFixed(0)} a minute allowed now`,
    `  ${gateway.requests} requests for ${gateway.writes} writes (${gateway.merged} merged), up to ${gateway.maxBatchNow} in a batch`,
    `  over the limit ${gateway.s429} times, paused ${gateway.pauses} times for ${Math.round(gateway.pausedMs / 1_000)} s; tasks are read by ${gateway.readWay}`,
  ].join('\n');
}
