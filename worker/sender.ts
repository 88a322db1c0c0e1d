import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Sender } from '../activities/index.js';
import type { Config } from './config.js';
import { openFragment } from './fragment.js';
import type { GatewayMetrics } from './gateway-metrics.js';
import type { ProcessDefinition } from './process-definition.js';
import { gatewayWorker, type Place } from './workers.js';
import type { Tracing } from './tracing.js';

export interface SenderParts {
  place: Place;
  config: Config;
  log: Logger;
  temporal: Client;
  metrics: GatewayMetrics;
  account?: string;
  processes: readonly ProcessDefinition[];
  tracing?: Tracing;
}

/** What the holder of an account's lease runs: the gateway, with an empty budget, and the worker of the account's queue. */
export async function openSender(parts: SenderParts, maySend: () => boolean): Promise<Sender> {
  const { place, config, log, temporal, metrics, account, processes, tracing } = parts;
  const fragment = openFragment(config, log, {
    account,
    maySend,
    onAcknowledged: (ms) => metrics.acknowledged(ms),
    trace: tracing?.fragment,
  });
  const looksFirst = config.FRAGMENT_PUT_RESETS_STATUS;
  const worker = await gatewayWorker(place, { ...fragment, looksFirst, temporal, account, processes, tracing });
  const run = worker.run();
  log.info({ account }, 'holds the lease: this process sends for the account');
  return {
    gateway: fragment.gateway,
    failed: run.then(() => new Promise<never>(() => undefined)),
    async handBack() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      fragment.gateway.close();
      await run.catch((error: unknown) => log.error({ account, err: error }, 'the gateway worker failed'));
      metrics.standBy();
      log.info({ account }, 'gave the lease back: what waited is with Temporal again');
    },
  };
}
