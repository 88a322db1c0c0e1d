/** The parts under chaos, each a real process, and the wires between them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { spelledTypes } from '../../worker/search-attributes.js';
import { startOwned } from '../../worker/embedded/owned-process.js';
import { startDevServer } from '../../worker/embedded/temporal.js';
import { built } from '../built.js';
import { portToTell } from '../ports.js';
import { Part, type Launched } from './part.js';
import { type Link, type PartName, type Plan, type PlannedFault } from './plan.js';
import { Proxy } from './proxy.js';
import { RequestCount } from './request-count.js';
import type { SandboxSettings } from './sandbox-process.js';
import { WorkerPart, type LaunchedWorker } from './worker-part.js';

export interface ChaosStage {
  /** Past the wires that break: the checks and the claims' backends see what is, as soon as Temporal is up. */
  temporal: Client;
  parts: Record<PartName, Part>;
  workers: Record<WorkerName, WorkerPart>;
  requests: RequestCount;
  journal: string;
  /** How often each kind of fault was brought about. */
  faults: Record<string, number>;
  inflict(fault: PlannedFault): Promise<void>;
  /** Takes back the faults that still wait for a request, and waits until each part is up. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

export const WORKERS = ['gateway-1', 'gateway-2', 'processes-1', 'processes-2'] as const;
export type WorkerName = (typeof WORKERS)[number];
const TOKEN = 'chaos-token';

/** `directory` takes the journal, Temporal's database and the logs. */
export async function setChaosStage(plan: Plan, directory: string, requestsPerMinute: number): Promise<ChaosStage> {
  const product = built();
  const requests = new RequestCount();
  const journal = join(directory, 'journal.ndjson');
  const faults: Record<string, number> = {};
  let sandboxUrl = '';
  // While it is down, no other server may stand in its place.
  const temporalPort = await portToTell();
  const wires: Record<Link, Proxy> = {
    fragment: await Proxy.open(() => Number(new URL(sandboxUrl).port)),
    temporal: await Proxy.open(() => temporalPort),
  };
  wires.fragment.onChunk = (start) => requests.sent(start);
  const fragmentUrl = `http://127.0.0.1:${wires.fragment.port}`;
  const env = {
    TEMPORAL_ADDRESS: `127.0.0.1:${wires.temporal.port}`,
    FRAGMENT_API_URL: `${fragmentUrl}/api/v1`,
    FRAGMENT_API_TOKEN: TOKEN,
    FRAGMENT_REQUESTS_PER_MINUTE: String(requestsPerMinute),
    PAYMENTS_URL: `${fragmentUrl}/payments`,
    PAYMENTS_TOKEN: TOKEN,
  };
  const settings: SandboxSettings = { seed: plan.seed, token: TOKEN, journal, requestsPerMinute, ledger: plan.ledger };

  const launches = {
    temporal: (): Promise<Launched> =>
      startDevServer({
        port: temporalPort,
        dbFilename: join(directory, 'temporal.db'),
        searchAttributes: spelledTypes(),
        headless: true,
      }),
    sandbox: async (): Promise<Launched> => {
      const script = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));
      const sandbox = await node(join(directory, 'sandbox.log'), ['--import', 'tsx', script, JSON.stringify(settings)]);
      sandboxUrl = await Promise.race([sandbox.died, urlOf(sandbox)]);
      return sandbox;
    },
  };
  const workers = Object.fromEntries(
    WORKERS.map((name) => [name, new WorkerPart(name, () => worker(name))]),
  ) as ChaosStage['workers'];
  const parts = {
    temporal: new Part('temporal', launches.temporal),
    sandbox: new Part('sandbox', launches.sandbox),
    ...workers,
  };
  const undo: (() => Promise<unknown> | void)[] = [
    () => Object.values(wires).forEach((wire) => wire.close()),
    // Temporal last: workers drain while it still answers.
    () => parts.temporal.stop(),
    () => Promise.all([...WORKERS, 'sandbox' as const].map((name) => parts[name].stop())),
  ];
  const stop = async () => {
    for (const step of undo.toReversed()) await step();
  };

  try {
    await Promise.all([parts.temporal.start(), parts.sandbox.start()]);
    await Promise.all(WORKERS.map((name) => parts[name].start()));
    const connection = await Connection.connect({ address: `127.0.0.1:${temporalPort}` });
    undo.push(() => connection.close());
    return { temporal: new Client({ connection }), parts, workers, requests, journal, faults, inflict, heal, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function worker(name: WorkerName): Promise<LaunchedWorker> {
    const healthPort = String(await portToTell());
    const args = [join(product, 'cli', 'main.js'), 'worker', '--role', name.split('-')[0]!];
    const launched = await node(join(directory, `${name}.log`), args, { ...env, HEALTH_PORT: healthPort });
    return { ...launched, ready: () => Promise.race([launched.died, serves(`http://127.0.0.1:${healthPort}/readyz`)]) };
  }

  async function inflict(fault: PlannedFault): Promise<void> {
    const count = (what: string) => (faults[what] = (faults[what] ?? 0) + 1);
    switch (fault.kind) {
      case 'kill':
        count(`kill ${fault.part}`);
        return parts[fault.part].kill(fault.downMs);
      case 'network':
        count(`network ${fault.link} ${fault.way}`);
        return wires[fault.link][fault.way](fault.forMs, fault.latencyMs);
      default:
        // A sandbox that is down at that moment gets it when it is up again.
        await control('POST', fault.fault);
        count(`${fault.kind} ${fault.fault.kind}${fault.fault.kind === 'status' ? ` ${fault.fault.status}` : ''}`);
    }
  }

  async function heal(): Promise<void> {
    // Starting waits its turn behind every kill that is under way, and a part that is up stays as it is.
    await Promise.all(Object.values(parts).map((part) => part.settled()));
    await control('DELETE');
  }

  async function control(method: string, body?: object): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await fetch(`${sandboxUrl}/_sandbox/faults`, { method, body: body && JSON.stringify(body) });
        if (!answer.ok) throw new Error(`the sandbox took no fault: ${answer.status} ${await answer.text()}`);
        return;
      } catch (error) {
        // A minute: on a busy machine, a killed sandbox is back after more than fifteen seconds.
        if (attempt === 200) throw error;
        await sleep(300);
      }
    }
  }
}

/** Node in a process of its own, its standard error appended to the log. Each command replaces the one before: one pid. */
function node(log: string, args: string[], env: Record<string, string> = {}) {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return startOwned('/bin/sh', ['-c', 'exec "$@" 2>>"$0"', log, 'env', ...pairs, process.execPath, ...args]);
}

async function serves(url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await sleep(100);
}

async function urlOf(sandbox: { output(): string }): Promise<string> {
  for (;;) {
    const said = /^\{.*\}$/m.exec(sandbox.output())?.[0];
    if (said) return (JSON.parse(said) as { url: string }).url;
    await sleep(20);
  }
}
