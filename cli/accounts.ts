import { InvalidArgumentError } from 'commander';
import type { Config } from '../worker/config.js';
import { accountSchema } from '../workflows/claim/schema.js';
import { CliError } from './output.js';

export interface AccountOption {
  /** As given; `default` is the account without a name. */
  account?: string[];
}

export const collectAccount = (name: string, before: string[] = []): string[] => [...before, name];

export function accountName(name: string): string {
  const { error } = accountSchema.safeParse(name);
  if (error) throw new InvalidArgumentError(`It ${error.issues[0]?.message}.`);
  return name;
}

/** The accounts that were asked for; all that the environment describes where none was. */
export function chosenAccounts({ accounts }: Config, wanted?: readonly string[]): (string | undefined)[] {
  const known = accounts.map(({ name }) => name);
  const chosen = wanted?.map((name) => (name === 'default' ? undefined : name)) ?? known;
  const unknown = chosen.filter((name) => !known.includes(name));
  if (unknown.length === 0) return [...new Set(chosen)];
  const names = known.map((name) => name ?? 'default').join(', ');
  throw new CliError(
    `--account ${unknown[0] ?? 'default'}: the environment describes no such account (FRAGMENT_ACCOUNTS); there are: ${names}`,
    2,
  );
}
