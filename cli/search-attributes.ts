import type { Client } from '@temporalio/client';
import { claimOutcomeKey, claimStepKey } from '../workflows/claim/contract.js';
import { fragmentTasksKey, needsAttentionKey } from '../workflows/tasks/contract.js';
import { CliError } from './output.js';

export const SEARCH_ATTRIBUTES = [claimStepKey, claimOutcomeKey, needsAttentionKey, fragmentTasksKey];

/** A type as the Temporal CLI spells it, and its number in Temporal's IndexedValueType. */
const TYPES = {
  KEYWORD: { spelling: 'Keyword', number: 2 },
  BOOL: { spelling: 'Bool', number: 5 },
  KEYWORD_LIST: { spelling: 'KeywordList', number: 7 },
};

/** For a server that is about to be started with them. */
export function spelledTypes(): Record<string, string> {
  return Object.fromEntries(SEARCH_ATTRIBUTES.map(({ name, type }) => [name, TYPES[type].spelling]));
}

/** Those that a server lacks. @throws CliError for one of the name with another type: it cannot be mended from here. */
export async function missingSearchAttributes(client: Client): Promise<typeof SEARCH_ATTRIBUTES> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  for (const { name, type } of SEARCH_ATTRIBUTES) {
    const there: number | undefined = customAttributes[name];
    if (there === undefined || there === TYPES[type].number) continue;
    throw new CliError(
      `search attribute ${name} of namespace ${namespace} is not a ${TYPES[type].spelling}; remove it, then run this again`,
    );
  }
  return SEARCH_ATTRIBUTES.filter(({ name }) => customAttributes[name] === undefined);
}

/** Adds those that a server lacks, and says which. */
export async function registerSearchAttributes(client: Client): Promise<string[]> {
  const missing = await missingSearchAttributes(client);
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, TYPES[type].number]));
    await client.connection.operatorService.addSearchAttributes({
      namespace: client.options.namespace,
      searchAttributes,
    });
  }
  return missing.map(({ name }) => name);
}
