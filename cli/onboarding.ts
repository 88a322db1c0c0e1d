import type { Command } from 'commander';
import { InputError, Onboardings, type Onboarding } from '../client/index.js';
import { CliError, print, printJson } from './output.js';
import { readInput, withTemporal } from './session.js';

export function registerOnboarding(program: Command): void {
  program
    .command('onboarding')
    .description('start onboardings: create a task and forget it')
    .command('start')
    .argument('<file>', 'JSON of one onboarding; - reads standard input')
    .description('create the onboarding task of a file; one that was started before is left as it is')
    .option('--json', 'print one JSON object and nothing else')
    .action(startOnboarding);
}

async function startOnboarding(file: string, { json }: { json?: boolean }): Promise<void> {
  const onboarding = parse(file, await readInput(file));
  try {
    const result = await withTemporal((client) => new Onboardings(client).start(onboarding));
    if (json) printJson({ userId: onboarding.userId, ...result });
    else print(`${onboarding.userId}: ${result.started ? 'started' : 'was started before'}`);
  } catch (error) {
    if (error instanceof InputError) throw new CliError(`${file}: ${error.message}`, 2, { cause: error });
    throw error;
  }
}

function parse(file: string, text: string): Onboarding {
  try {
    return JSON.parse(text) as Onboarding;
  } catch (error) {
    throw new CliError(`${file}: is not JSON: ${(error as SyntaxError).message}`, 2, { cause: error });
  }
}
