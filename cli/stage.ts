/** What the demo and `dev` stand on: Temporal, Fragment or its sandbox, a worker. Each found or started, all torn down. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { connect } from '../client/index.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Sandbox } from '../sandbox/server.js';
import type { Config } from '../worker/config.js';
import { fragmentClient } from '../worker/fragment.js';
import { startWorker } from '../worker/main.js';
import { installTelemetry } from '../worker/telemetry.js';
import { checkFragment } from './fragment-check.js';
import { CliError, note } from './output.js';
import { reloadingWorker, workflowSources, type ReloadingWorker } from './reload.js';
import { stageSandbox, stageTemporal, type Keep } from './stage-parts.js';
import { settings } from './settings.js';

export interface Stage {
  temporal: Client;
  /** Ask anew each time: it changes where the lease is lost and taken again. */
  gateway: () => Promise<Gateway>;
  config: Config;
  /** Absent where Temporal was there already: its Web UI is whoever runs it knows where. */
  uiUrl?: string;
  address: string;
  /** What another terminal needs to speak with this Temporal. */
  temporalEnv: Record<string, string>;
  /** Variables that mean another Temporal than this one. */
  setAside: string[];
  /** Absent where a real Fragment is spoken to. */
  sandbox?: Sandbox;
  /** Rejects when the worker fails; without one, never. */
  failed: Promise<void>;
}

export interface StageOptions extends Keep {
  team: boolean;
  /** False: whoever performs has a worker of their own. */
  worker?: boolean;
  /** Whether its workflows follow their sources, where these are at hand. */
  reload?: boolean;
}

/** Runs with everything up, and takes down what it started, whatever happens. */
export async function onStage<T>(options: StageOptions, perform: (stage: Stage) => Promise<T>): Promise<T> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    // Before anything starts: a missing token is wrong usage, and should not take seconds to be told.
    const real = Boolean(process.env.FRAGMENT_API_URL);
    const quiet = { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'warn' };
    settings(quiet, real ? ['FRAGMENT_API_TOKEN'] : []);

    const sandbox = real ? undefined : await stageSandbox(options, undo);
    const config = settings({ ...quiet, ...sandbox?.env }, ['FRAGMENT_API_TOKEN']);
    if (real) await checkFragment(fragmentClient(config), config.FRAGMENT_API_URL);
    // Temporal's native runtime ends with the last worker: without one it would keep the process. A signal stops no worker by
    // itself: whoever performs has something to ask of them first, and they are taken down with the rest.
    if (options.worker !== false) installTelemetry(config, { shutdownSignals: [] });
    const { uiUrl, address, temporalEnv, setAside } = await stageTemporal(options, undo);
    sandbox?.sandbox.linkTemporal(uiUrl);

    const connected = await connect();
    undo.push(() => connected.close());
    const worker = options.worker === false ? undefined : await stageWorker(config, options.reload);
    undo.push(async () => worker?.stop());
    return await perform({
      temporal: connected.client,
      gateway: async () => {
        if (!worker) throw new CliError('no worker was started');
        return ownGateway(worker);
      },
      config,
      uiUrl,
      address,
      temporalEnv,
      setAside,
      sandbox: sandbox?.sandbox,
      failed: worker?.failed ?? new Promise(() => undefined),
    });
  } finally {
    // Newest first. One that cannot be taken down must not keep the others up.
    for (const step of undo.toReversed()) await step().catch(() => undefined);
  }
}

async function stageWorker(config: Config, reload = false): Promise<ReloadingWorker> {
  const accounts = [undefined];
  const sources = reload ? workflowSources() : undefined;
  if (sources) {
    // Two are there for a moment, and one alone can listen.
    if (config.HEALTH_PORT !== undefined)
      note('HEALTH_PORT is not served by a worker that is restarted when workflows change');
    const own = { ...config, HEALTH_PORT: undefined };
    return reloadingWorker(() => startWorker(own, 'all', { accounts }), sources);
  }
  const worker = await startWorker(config, 'all', { accounts });
  return { gateway: (account) => worker.gateway(account), stop: () => worker.stop(), failed: worker.done };
}

/** Longer than a lease outlives a holder that died. */
const LEASE_SECONDS = 20;

/** The demo counts and reads through the gateway, so it cannot do without one of its own. */
async function ownGateway(worker: ReloadingWorker): Promise<Gateway> {
  for (let turn = 0; turn < LEASE_SECONDS * 10; turn += 1) {
    const gateway = worker.gateway();
    if (gateway) return gateway;
    await Promise.race([sleep(100), worker.failed]);
  }
  throw new CliError(
    'another worker holds the lease of this Fragment account (`flows gateway status` names it): stop it, or let it do the ' +
      'work with `flows claim start --wait`',
  );
}
