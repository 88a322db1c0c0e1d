import type { Logger } from 'pino';
import { FragmentClient } from '../fragment/client.js';
import { Gateway } from '../fragment/gateway.js';
import { ConfigError, type Config } from './config.js';

export interface Fragment {
  client: FragmentClient;
  gateway: Gateway;
}

export function fragmentClient(config: Config): FragmentClient {
  if (!config.FRAGMENT_API_TOKEN) throw new ConfigError(['FRAGMENT_API_TOKEN is not set, and Fragment asks for it']);
  return new FragmentClient({
    baseUrl: config.FRAGMENT_API_URL,
    token: config.FRAGMENT_API_TOKEN,
    userAgent: config.FRAGMENT_USER_AGENT,
    cursorParam: config.FRAGMENT_CURSOR_PARAM,
    commentKey: config.FRAGMENT_COMMENT_KEY,
  });
}

/** One for a process: two gateways would each spend the account's whole budget. */
export function openFragment(config: Config, log: Logger): Fragment {
  const client = fragmentClient(config);
  const gateway = new Gateway({
    client,
    requestsPerMinute: config.FRAGMENT_REQUESTS_PER_MINUTE,
    maxBatch: config.FRAGMENT_MAX_BATCH,
    log: {
      info: (message, fields) => log.info(fields ?? {}, message),
      warn: (message, fields) => log.warn(fields ?? {}, message),
    },
  });
  return { client, gateway };
}
