import type { Command } from 'commander';
import { InputError, Onboardings, parseJson, type Onboarding, type OnboardingResult } from '../client/index.js';
import { CliError, exitWith, print, printJson, table } from './output.js';
import { inputName, readInput, withTemporal } from './session.js';

export function registerOnboarding(program: Command): void {
  program
    .command('onboarding')
    .description('start onboardings: create tasks and forget them')
    .command('start')
    .argument('<file>', 'JSON of one onboarding; - reads standard input')
    .description('create the tasks of an onboarding; one that was started before is left as it is')
    .option('--wait', 'wait until the tasks are there, and list them')
    .option('--json', 'print one JSON object and nothing else')
    .action(startOnboarding);
}

async function startOnboarding(file: string, { wait, json }: { wait?: boolean; json?: boolean }): Promise<void> {
  const onboarding = parse(file, await readInput(file));
  try {
    await withTemporal(async (client) => {
      const service = new Onboardings(client);
      const start = await service.start(onboarding);
      if (!json) print(`${onboarding.userId}: ${start.started ? 'started' : 'was started before'}`);
      const result = wait ? await service.result(onboarding.userId) : undefined;
      if (json) printJson({ userId: onboarding.userId, ...start, ...result });
      else if (result) print(outcome(result));
      if (result && result.refused.length > 0) exitWith(1);
    });
  } catch (error) {
    if (error instanceof InputError) throw new CliError(`${inputName(file)}: ${error.message}`, 2, { cause: error });
    throw error;
  }
}

function outcome({ tasks, refused }: OnboardingResult): string {
  const created = tasks.map(({ key, uid }) => [key, uid, 'created']);
  return table([...created, ...refused.map(({ key, uid, reason }) => [key, uid, `refused: ${reason}`])]);
}

function parse(file: string, text: string): Onboarding {
  const parsed = parseJson(text);
  if ('problem' in parsed) throw new CliError(`${inputName(file)}: is not JSON: ${parsed.problem}`, 2);
  return parsed.value as Onboarding;
}
