import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { claimAmountKey, claimOutcomeKey, claimStepKey } from '../workflows/claim/contract.js';
import { fragmentTasksKey, needsAttentionKey, taskDueKey } from '../workflows/tasks/contract.js';
import type { SearchAttribute } from './process-definition.js';

/** Ours, whoever else's processes the workers run. */
export const SEARCH_ATTRIBUTES = [
  ...[claimStepKey, claimOutcomeKey, claimAmountKey],
  ...[needsAttentionKey, fragmentTasksKey, taskDueKey],
] as const;

/** A type as the Temporal CLI spells it, and its number in Temporal's IndexedValueType. */
const TYPES = {
  TEXT: { spelling: 'Text', number: 1 },
  KEYWORD: { spelling: 'Keyword', number: 2 },
  INT: { spelling: 'Int', number: 3 },
  DOUBLE: { spelling: 'Double', number: 4 },
  BOOL: { spelling: 'Bool', number: 5 },
  DATETIME: { spelling: 'Datetime', number: 6 },
  KEYWORD_LIST: { spelling: 'KeywordList', number: 7 },
} satisfies Record<SearchAttribute['type'], { spelling: string; number: number }>;

/** For a server that is about to be started with them. */
export function spelledTypes(more: readonly SearchAttribute[] = []): Record<string, string> {
  return Object.fromEntries([...SEARCH_ATTRIBUTES, ...more].map(({ name, type }) => [name, TYPES[type].spelling]));
}

/** Those that a server lacks. @throws for one of the name with another type: it cannot be mended from here. */
export async function missingSearchAttributes(
  client: Client,
  more: readonly SearchAttribute[] = [],
): Promise<SearchAttribute[]> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const wanted = [...new Set([...SEARCH_ATTRIBUTES, ...more])];
  for (const { name, type } of wanted) {
    const there: number | undefined = customAttributes[name];
    if (there === undefined || there === TYPES[type].number) continue;
    throw new SearchAttributeError(
      `search attribute ${name} of namespace ${namespace} is not a ${TYPES[type].spelling}; remove it, then run this again`,
    );
  }
  return wanted.filter(({ name }) => customAttributes[name] === undefined);
}

const ANSWER_MS = 5_000;

/**
 * Where one is missing, a process stands still at its first step and goes on when it is there; only the SDK's log would hint
 * at it. Somebody may be registering them at this moment, so it is no reason not to start.
 */
export async function tellMissing(client: Client, more: readonly SearchAttribute[], log: Logger): Promise<void> {
  try {
    const missing = await client.withDeadline(Date.now() + ANSWER_MS, () => missingSearchAttributes(client, more));
    if (missing.length === 0) return;
    log.error(
      { missing: missing.map(({ name }) => name) },
      'search attributes are not registered: `flows setup`, or registerSearchAttributes for your own',
    );
  } catch (error) {
    // The time-skipping server cannot list them, and Temporal Cloud may not let a worker do so.
    log.debug({ reason: (error as Error).message }, 'search attributes could not be checked');
  }
}

/** Adds those that a server lacks, ours and `more`, and says which. @throws SearchAttributeError */
export async function registerSearchAttributes(
  client: Client,
  more: readonly SearchAttribute[] = [],
): Promise<string[]> {
  const missing = await missingSearchAttributes(client, more);
  if (missing.length > 0) await addSearchAttributes(client, missing);
  return missing.map(({ name }) => name);
}

/** Adding one that is there already does no harm: for the time-skipping server, which cannot list what is there. */
export async function addSearchAttributes(
  client: Client,
  attributes: readonly SearchAttribute[] = SEARCH_ATTRIBUTES,
): Promise<void> {
  await client.connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(attributes.map(({ name, type }) => [name, TYPES[type].number])),
  });
}

/** The namespace has a search attribute of this name and another type. */
export class SearchAttributeError extends Error {
  override readonly name = 'SearchAttributeError';
}
