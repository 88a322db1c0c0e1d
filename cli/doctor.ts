import { styleText } from 'node:util';
import type { Command } from 'commander';
import { webAddress } from './arguments.js';
import { examine } from './doctor-checks.js';
import type { Finding } from './doctor-finding.js';
import { exitWith, print, printJson } from './output.js';

const SIGNS = { ok: '✓', warning: '!', failure: '✗' };
const COLOURS = { ok: 'green', warning: 'yellow', failure: 'red' } as const;

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check what the processes stand on, and say how to mend what is wrong; costs Fragment one request an account',
    )
    .option('--webhook-url <url>', 'where the webhook receiver runs: its health is asked for', webAddress)
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ webhookUrl, json }: { webhookUrl?: string; json?: boolean }) => {
      const findings: Finding[] = [];
      for await (const finding of examine(process.env, webhookUrl)) {
        findings.push(finding);
        if (!json) print(inWords(finding), sign(finding));
      }
      const ok = findings.every(({ verdict }) => verdict !== 'failure');
      if (json) printJson({ ok, findings });
      if (!ok) exitWith(1);
    });
}

function sign({ verdict }: Finding): string {
  return process.stdout.isTTY ? styleText(COLOURS[verdict], SIGNS[verdict]) : SIGNS[verdict];
}

function inWords({ what, said, remedy }: Finding): string {
  return ` ${what}: ${said}${remedy ? `\n    ${remedy}` : ''}`;
}
