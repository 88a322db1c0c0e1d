import { styleText } from 'node:util';
import type { Command } from 'commander';
import { examine, type Finding } from './doctor-checks.js';
import { exitWith, print, printJson } from './output.js';

const SIGNS = { ok: '✓', warning: '!', failure: '✗' };
const COLOURS = { ok: 'green', warning: 'yellow', failure: 'red' } as const;

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what the processes stand on, and say how to mend what is wrong; costs Fragment one request')
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ json }: { json?: boolean }) => {
      const findings: Finding[] = [];
      for await (const finding of examine(process.env)) {
        findings.push(finding);
        if (!json) print(inWords(finding));
      }
      const ok = findings.every(({ verdict }) => verdict !== 'failure');
      if (json) printJson({ ok, findings });
      if (!ok) exitWith(1);
    });
}

function inWords({ what, verdict, said, remedy }: Finding): string {
  const sign = process.stdout.isTTY ? styleText(COLOURS[verdict], SIGNS[verdict]) : SIGNS[verdict];
  return `${sign} ${what}: ${said}${remedy ? `\n    ${remedy}` : ''}`;
}
