import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { OnlyIf } from '../fragment/probe/probe.js';
import { TITLE } from '../fragment/probe/own-tasks.js';
import { PROBES, runProbes, type Probed, type ProbeReport } from '../fragment/probe/run-probes.js';
import { Gateway } from '../fragment/gateway.js';
import { fragmentAccount, fragmentClient } from '../worker/fragment.js';
import { accountName } from './accounts.js';
import { checkFragment } from './fragment-check.js';
import { interruptible } from './interruption.js';
import { CliError, exitWith, note, print, printJson } from './output.js';
import { settings } from './settings.js';

interface ProbeCommandOptions {
  out?: string;
  json?: boolean;
  rate?: boolean;
  userAgent?: boolean;
  account?: string;
}

export function registerProbe(program: Command): void {
  program
    .command('probe')
    .description(
      "ask an account (a development one) what Fragment's documentation leaves open, by tasks of its own, which it closes",
    )
    .option('--out <file>', 'write what was found out as a profile for `flows sandbox --behaviour`')
    .option('--rate', 'also find out the limit: nobody of this account is answered for a minute afterwards')
    .option(
      '--user-agent',
      'also send one request without a proper User-Agent, for which Fragment may block the sender',
    )
    .option('--account <name>', 'this Fragment account instead of the default one', accountName)
    .option('--json', 'print one JSON object and nothing else')
    .action((options: ProbeCommandOptions) => interruptible((interrupted) => probe(options, interrupted)));
}

async function probe(
  { out, json, rate, userAgent, account }: ProbeCommandOptions,
  interrupted: AbortSignal,
): Promise<void> {
  const config = settings(process.env, account ? [] : ['FRAGMENT_API_TOKEN']);
  const { apiUrl, token = '', requestsPerMinute, maxBatch } = fragmentAccount(config, account);
  const client = fragmentClient(config, account);
  const unanswered = await checkFragment(client, apiUrl);
  // Tasks are made in an account that is known, and nowhere else.
  if (unanswered)
    throw new CliError(`FRAGMENT_API_URL: ${apiUrl} does not say whose the token is: ${unanswered.message}`);
  interrupted.addEventListener('abort', () =>
    note('ends when this question is answered and the tasks are closed; Ctrl-C again ends at once'),
  );
  const gateway = new Gateway({ client, requestsPerMinute, maxBatch });
  const also: OnlyIf[] = [...(rate ? (['rate'] as const) : []), ...(userAgent ? (['user-agent'] as const) : [])];
  try {
    const asked = PROBES.filter(({ onlyIf }) => !onlyIf || also.includes(onlyIf));
    const most = asked.reduce((sum, { requests }) => sum + requests, 0);
    note(`asking ${apiUrl} ${asked.length} questions, by up to ${most} requests at ${requestsPerMinute} a minute`);
    const report = await runProbes(gateway, {
      baseUrl: apiUrl,
      token,
      userAgent: config.FRAGMENT_USER_AGENT,
      cursorParam: config.FRAGMENT_CURSOR_PARAM,
      commentKey: config.FRAGMENT_COMMENT_KEY,
      also,
      interrupted,
      told: json ? undefined : (probed) => print(inWords(probed)),
    });
    if (json) printJson(report);
    else print(summary(report));
    if (report.leftOpen.length > 0) exitWith(1);
    const unasked = asked.length - report.probed.length;
    // A profile of an earlier run may know more.
    const unwritten = out ? `, and ${out} was not written` : '';
    if (unasked > 0) throw new CliError(`interrupted: ${unasked} questions were not asked${unwritten}`);
    if (out) await write(out, report.profile);
  } finally {
    gateway.close();
  }
}

function inWords({ question, findings, requests }: Probed): string {
  const lines = Object.entries(findings).map(([name, finding]) => {
    if ('unknown' in finding) return `  ${name}: could not tell: ${finding.unknown}`;
    return `  ${name}: ${JSON.stringify(finding.value)}${finding.note ? ` (${finding.note})` : ''}`;
  });
  return [`${question} [${requests} request${requests === 1 ? '' : 's'}]`, ...lines].join('\n');
}

function summary({ requests, run, closed, leftOpen, profile }: ProbeReport): string {
  return [
    '',
    `${requests} requests; ${closed.length} tasks were made and are closed: their title is "${TITLE} ${run}"`,
    ...(leftOpen.length > 0 ? [`could not be closed, close them by hand: ${leftOpen.join(', ')}`] : []),
    JSON.stringify(profile),
  ].join('\n');
}

async function write(file: string, profile: object): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(profile, null, 2)}\n`);
  } catch (error) {
    throw new CliError(`${file}: cannot be written: ${(error as Error).message}`, 1, { cause: error });
  }
}
