import { claimOutcomeKey, claimStepKey } from '../workflows/claim/contract.js';
import { fragmentTasksKey, needsAttentionKey } from '../workflows/tasks/contract.js';
import { CliError, note } from './output.js';
import { withTemporal } from './session.js';
import { registerSearchAttributes as register } from './setup.js';

/** As the Temporal CLI spells them. */
const CLI_TYPES: Record<string, string> = { KEYWORD: 'Keyword', BOOL: 'Bool', KEYWORD_LIST: 'KeywordList' };

export function searchAttributeTypes(): Record<string, string> {
  const keys = [claimStepKey, claimOutcomeKey, needsAttentionKey, fragmentTasksKey];
  return Object.fromEntries(keys.map(({ name, type }) => [name, CLI_TYPES[type] ?? type]));
}

/** On a server that is not ours. Temporal Cloud, and a strict administrator, do not let a client do it. */
export async function registerSearchAttributes(): Promise<void> {
  try {
    await withTemporal(register);
  } catch (error) {
    if (error instanceof CliError || (error as Error).name === 'TemporalUnreachableError') throw error;
    note(`The search attributes could not be checked (${(error as Error).message}); \`flows setup\` registers them.`);
  }
}
