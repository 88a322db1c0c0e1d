import { FragmentClient } from '../fragment/client.js';
import { Gateway, type GatewayOptions } from '../fragment/gateway.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/server.js';

export const TOKEN = 'bench-token';
/** Fragment's published limit, and the batch that the product sends unless told otherwise. */
export const REQUESTS_PER_MINUTE = 60;
export const MAX_BATCH = 100;

export interface Fragment {
  sandbox: Sandbox;
  client: FragmentClient;
  gateway: Gateway;
}

/** A sandbox over HTTP on loopback, and a gateway to it; both are closed in the end, whatever happens. */
export async function withFragment<T>(
  options: { sandbox?: Partial<SandboxOptions>; gateway?: Partial<GatewayOptions> },
  measure: (fragment: Fragment) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandbox({ token: TOKEN, team: false, ...options.sandbox });
  const client = clientOf(sandbox);
  const gateway = new Gateway({
    client,
    requestsPerMinute: REQUESTS_PER_MINUTE,
    maxBatch: MAX_BATCH,
    ...options.gateway,
  });
  try {
    return await measure({ sandbox, client, gateway });
  } finally {
    gateway.close();
    await sandbox.close();
  }
}

export function clientOf(sandbox: Sandbox): FragmentClient {
  return new FragmentClient({ baseUrl: sandbox.apiUrl, token: TOKEN, userAgent: 'flows-bench/0' });
}

/** What one request for each full batch would have cost. */
export function floorOf(writes: number): number {
  return Math.ceil(writes / MAX_BATCH);
}
