import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/server.js';
import { startWorker } from '../worker/main.js';
import { FEED_WORKFLOW_ID, pokeFeedSignal } from '../workflows/account/contract.js';
import { TOKEN } from './fragment.js';
import { configOf, withTemporal, type Temporal } from './temporal.js';

export interface Product extends Temporal {
  sandbox: Sandbox;
}

/** Fragment as if it had no limit, so that what is measured is ours and Temporal's. */
export const UNLIMITED = 60_000;

interface ProductOptions extends Pick<SandboxOptions, 'team'> {
  requestsPerMinute?: number;
}

/**
 * The whole product in this process, a simulated team that decides at once, and a webhook's hint to the feed in each second
 * in which something was written.
 */
export function withProduct<T>(
  measure: (product: Product) => Promise<T>,
  { team = { thinkMs: [0, 1] }, requestsPerMinute = UNLIMITED }: ProductOptions = {},
): Promise<T> {
  return withTemporal(async (temporal) => {
    const sandbox = await startSandbox({ token: TOKEN, team, behaviour: { rateLimit: 10 * UNLIMITED } });
    const worker = await startWorker(configOf(sandbox, requestsPerMinute), 'all');
    const feed = temporal.client.workflow.getHandle(FEED_WORKFLOW_ID);
    let told = 0;
    const poke = setInterval(() => {
      const { writes } = sandbox.stats();
      if (writes === told) return;
      told = writes;
      void feed.signal(pokeFeedSignal).catch(() => undefined);
    }, 1_000);
    try {
      return await measure({ ...temporal, sandbox });
    } finally {
      clearInterval(poke);
      await worker.stop();
      await sandbox.close();
    }
  });
}

/** Every claim goes the whole way: reviewed, approved, paid. */
export const APPROVING = {
  thinkMs: [0, 1] as [number, number],
  decide: ({ fields: { step } }: { fields: Record<string, unknown> }) =>
    step === 'review' || step === 'approval' ? { decision: 'approve' } : undefined,
};
