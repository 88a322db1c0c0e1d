import { z } from 'zod';
import { accountSchema } from '../workflows/claim/schema.js';
import { webAddress } from './web-address.js';

/** A Fragment account: its own token, its own limit, and so its own gateway, feed and queues. */
export interface FragmentAccount {
  /** Absent for the default account, which the variables without a suffix describe. */
  name?: string;
  apiUrl: string;
  token?: string;
  requestsPerMinute: number;
  maxBatch: number;
}

interface Defaults {
  FRAGMENT_ACCOUNTS: string[];
  FRAGMENT_API_URL: string;
  FRAGMENT_API_TOKEN?: string;
  FRAGMENT_REQUESTS_PER_MINUTE: number;
  FRAGMENT_MAX_BATCH: number;
}

export const accountNamesSchema = z
  .string()
  .default('')
  .transform((list) => [
    ...new Set(
      list
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    ),
  ])
  .pipe(z.array(accountSchema));

/** `acme-eu` reads FRAGMENT_API_TOKEN_ACME_EU. */
export const variableOf = (variable: string, account?: string): string =>
  account ? `${variable}_${account.toUpperCase().replaceAll('-', '_')}` : variable;

/**
 * The accounts that the environment describes. The default one is among them unless others are named and it has no token.
 * What a named account does not say for itself it takes from the variables without a suffix, but never its token.
 */
export function readAccounts(defaults: Defaults, env: NodeJS.ProcessEnv): FragmentAccount[] {
  const base: FragmentAccount = {
    apiUrl: defaults.FRAGMENT_API_URL,
    token: defaults.FRAGMENT_API_TOKEN,
    requestsPerMinute: defaults.FRAGMENT_REQUESTS_PER_MINUTE,
    maxBatch: defaults.FRAGMENT_MAX_BATCH,
  };
  const named = defaults.FRAGMENT_ACCOUNTS.map((name) => ({ ...base, ...own(name, env), name }));
  const accounts = named.length > 0 && !base.token ? named : [base, ...named];
  const twins = accounts.flatMap((account, at) => {
    const twin = accounts.slice(0, at).find((other) => isSame(other, account));
    return twin ? [`${tokenOf(account)}: is the token of ${tokenOf(twin)} too; name the account once`] : [];
  });
  if (twins.length > 0) throw new AccountError(twins);
  return accounts;
}

/** One account to Fragment: two gateways would each spend its whole limit. */
function isSame(a: FragmentAccount, b: FragmentAccount): boolean {
  const [here, there] = [a, b].map(({ apiUrl }) => new URL(apiUrl).href.replace(/\/+$/, ''));
  return a.token !== undefined && a.token === b.token && here === there;
}

const tokenOf = ({ name }: FragmentAccount): string => variableOf('FRAGMENT_API_TOKEN', name);

const ownSchema = z.object({
  FRAGMENT_API_URL: webAddress.optional(),
  FRAGMENT_API_TOKEN: z.string().optional(),
  FRAGMENT_REQUESTS_PER_MINUTE: z.coerce.number().int().min(2).optional(),
  FRAGMENT_MAX_BATCH: z.coerce.number().int().min(1).optional(),
});

function own(name: string, env: NodeJS.ProcessEnv): Partial<FragmentAccount> {
  const said = Object.keys(ownSchema.shape).map((variable) => [variable, env[variableOf(variable, name)] || undefined]);
  const parsed = ownSchema.safeParse(Object.fromEntries(said));
  if (!parsed.success) {
    throw new AccountError(
      parsed.error.issues.map(({ path, message }) => `${variableOf(String(path[0]), name)}: ${message}`),
    );
  }
  const { FRAGMENT_API_URL, FRAGMENT_API_TOKEN, FRAGMENT_REQUESTS_PER_MINUTE, FRAGMENT_MAX_BATCH } = parsed.data;
  return {
    token: FRAGMENT_API_TOKEN,
    ...(FRAGMENT_API_URL ? { apiUrl: FRAGMENT_API_URL } : {}),
    ...(FRAGMENT_REQUESTS_PER_MINUTE ? { requestsPerMinute: FRAGMENT_REQUESTS_PER_MINUTE } : {}),
    ...(FRAGMENT_MAX_BATCH ? { maxBatch: FRAGMENT_MAX_BATCH } : {}),
  };
}

/** Names each variable that is wrong. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}
