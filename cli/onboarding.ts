import type { Command } from 'commander';
import { InputError, Onboardings, parseJson, type Onboarding } from '../client/index.js';
import { CliError, print, printJson } from './output.js';
import { inputName, readInput, withTemporal } from './session.js';

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
    if (error instanceof InputError) throw new CliError(`${inputName(file)}: ${error.message}`, 2, { cause: error });
    throw error;
  }
}

function parse(file: string, text: string): Onboarding {
  const parsed = parseJson(text);
  if ('problem' in parsed) throw new CliError(`${inputName(file)}: is not JSON: ${parsed.problem}`, 2);
  return parsed.value as Onboarding;
}
