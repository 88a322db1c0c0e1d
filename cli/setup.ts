import type { Client } from '@temporalio/client';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { InvalidArgumentError, type Command } from 'commander';
import { ensureNamespace } from '../worker/namespace.js';
import { SEARCH_ATTRIBUTES, registerSearchAttributes } from '../worker/search-attributes.js';
import { setupRemedy } from '../worker/setup-error.js';
import { CliError, print, printJson } from './output.js';
import { withTemporal } from './session.js';

interface SetupCommand {
  retention?: number;
  json?: boolean;
}

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description("register the processes' search attributes with Temporal; doing it twice is harmless")
    .option(
      '--retention <duration>',
      'on a server of your own: create the namespace where it is missing, and keep what has ended for so long (30d)',
      retention,
    )
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ retention: retentionMs, json }: SetupCommand) => {
      const done = await withTemporal((client) => explained(client, () => setUp(client, retentionMs)));
      if (json) printJson(done);
      else print(inWords(done));
    });
}

interface Done {
  namespace: string;
  created: boolean;
  registered: string[];
  searchAttributes: string[];
}

async function setUp(client: Client, retentionMs: number | undefined): Promise<Done> {
  const created = retentionMs !== undefined && (await ensureNamespace(client, retentionMs)) === 'created';
  const registered = await registerSearchAttributes(client);
  const searchAttributes = SEARCH_ATTRIBUTES.map(({ name }) => name);
  return { namespace: client.options.namespace, created, registered, searchAttributes };
}

function inWords({ namespace, created, registered, searchAttributes }: Done): string {
  const attributes =
    registered.length > 0 ? `registered: ${registered.join(', ')}` : `all there: ${searchAttributes.join(', ')}`;
  return created ? `created: namespace ${namespace}\n${attributes}` : attributes;
}

async function explained<T>(client: Client, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const remedy = setupRemedy(error, client.options.namespace);
    throw remedy ? new CliError(remedy, 1, { cause: error }) : error;
  }
}

/** Temporal keeps what has ended for a day at least. */
function retention(value: string): number {
  const ms = /^\d+ ?(d|days?|h|hours?)$/.test(value) ? msToNumber(value as `${number}d`) : 0;
  if (ms < 86_400_000) throw new InvalidArgumentError('It has to be a day at least, such as 30d.');
  return ms;
}
