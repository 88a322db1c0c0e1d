import type { Logger } from 'pino';
import { FragmentClient } from '../fragment/client.js';
import { Gateway, type GatewayOptions } from '../fragment/gateway.js';
import type { Trace } from '../fragment/trace.js';
import { variableOf, type FragmentAccount } from './accounts.js';
import { ConfigError, type Config } from './config.js';

export interface Fragment {
  client: FragmentClient;
  gateway: Gateway;
}

/** The account of that name; without one, the default account. */
export function fragmentAccount({ accounts }: Config, name?: string): FragmentAccount {
  const account = accounts.find((each) => each.name === name);
  if (account) return account;
  const known = accounts.map((each) => each.name ?? 'the default one').join(', ');
  throw new ConfigError([`no Fragment account ${name ?? 'without a name'} is configured; there are: ${known}`]);
}

export function fragmentClient(config: Config, name?: string, trace?: Trace): FragmentClient {
  const { apiUrl, token } = fragmentAccount(config, name);
  const tokenName = variableOf('FRAGMENT_API_TOKEN', name);
  if (!token) throw new ConfigError([`${tokenName} is not set, and Fragment asks for it`]);
  return new FragmentClient({
    baseUrl: apiUrl,
    token,
    tokenName,
    userAgent: config.FRAGMENT_USER_AGENT,
    cursorParam: config.FRAGMENT_CURSOR_PARAM,
    commentKey: config.FRAGMENT_COMMENT_KEY,
    trace,
  });
}

/** Only for whoever holds the account's lease: two gateways would each spend the account's whole budget. */
export function openFragment(
  config: Config,
  log: Logger,
  { account, ...options }: Pick<GatewayOptions, 'maySend' | 'onAcknowledged' | 'trace'> & { account?: string },
): Fragment {
  const { requestsPerMinute, maxBatch } = fragmentAccount(config, account);
  const client = fragmentClient(config, account, options.trace);
  const gateway = new Gateway({
    ...options,
    client,
    requestsPerMinute,
    maxBatch,
    log: {
      info: (message, fields) => log.info({ account, ...fields }, message),
      warn: (message, fields) => log.warn({ account, ...fields }, message),
    },
  });
  return { client, gateway };
}
