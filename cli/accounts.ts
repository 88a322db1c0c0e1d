import { InvalidArgumentError } from 'commander';
import type { Config } from '../worker/config.js';
import { accountSchema } from '../workflows/claim/schema.js';
import { CliError } from './output.js';

export interface AccountOption {
  /** Undefined among them is the account without a name. */
  account?: (string | undefined)[];
}

/** What `--account` takes, of every command: `default` is the account without a name. */
export function accountName(name: string): string | undefined {
  if (name === 'default') return undefined;
  const { error } = accountSchema.safeParse(name);
  if (error) throw new InvalidArgumentError(`It ${error.issues[0]?.message}.`);
  return name;
}

/** For an `--account` that may be repeated. */
export function collectAccount(name: string, before: (string | undefined)[] = []): (string | undefined)[] {
  return [...before, accountName(name)];
}

/** The accounts that were asked for; all that the environment describes where none was. */
export function chosenAccounts({ accounts }: Config, wanted?: AccountOption['account']): (string | undefined)[] {
  const known = accounts.map(({ name }) => name);
  const chosen = wanted ?? known;
  const unknown = chosen.filter((name) => !known.includes(name));
  if (unknown.length === 0) return [...new Set(chosen)];
  const names = known.map((name) => name ?? 'default').join(', ');
  throw new CliError(
    `--account ${unknown[0] ?? 'default'}: the environment describes no such account (FRAGMENT_ACCOUNTS); there are: ${names}`,
    2,
  );
}
