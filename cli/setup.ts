import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { claimOutcomeKey, claimStepKey } from '../workflows/claim/contract.js';
import { fragmentTasksKey, needsAttentionKey } from '../workflows/tasks/contract.js';
import { CliError, print, printJson } from './output.js';
import { withTemporal } from './session.js';

const KEYS = [claimStepKey, claimOutcomeKey, needsAttentionKey, fragmentTasksKey];
/** Temporal's IndexedValueType, whose enum no package of ours exports. */
const INDEXED_TYPES: Record<string, number> = { KEYWORD: 2, BOOL: 5, KEYWORD_LIST: 7 };

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description("register the processes' search attributes with Temporal; doing it twice is harmless")
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ json }: { json?: boolean }) => {
      const registered = await withTemporal(registerSearchAttributes);
      const names = KEYS.map(({ name }) => name);
      if (json) printJson({ registered, searchAttributes: names });
      else print(registered.length > 0 ? `registered: ${registered.join(', ')}` : `all there: ${names.join(', ')}`);
    });
}

/** Adds those that are missing, and says which. An attribute of the name with another type cannot be mended from here. */
export async function registerSearchAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });

  const missing = KEYS.filter(({ name }) => customAttributes[name] === undefined);
  for (const { name, type } of KEYS) {
    const there = customAttributes[name];
    if (there === undefined || there === INDEXED_TYPES[type]) continue;
    throw new CliError(
      `search attribute ${name} of namespace ${namespace} is not a ${type}; remove it, then run this again`,
    );
  }
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_TYPES[type] as number]));
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  return missing.map(({ name }) => name);
}
