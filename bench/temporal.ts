import { readFile } from 'node:fs/promises';
import { Client } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { spelledTypes } from '../worker/search-attributes.js';
import { loadConfig, type Config } from '../worker/config.js';
import { startDevServer } from '../worker/embedded/temporal.js';
import { installTelemetry } from '../worker/telemetry.js';
import type { Place } from '../worker/workers.js';
import type { Sandbox } from '../sandbox/server.js';
import { TOKEN } from './fragment.js';

export interface Temporal extends Place {
  client: Client;
  address: string;
  pid: number;
}

/** A dev server of its own in memory, which the product's workers and clients find by TEMPORAL_ADDRESS. */
export async function withTemporal<T>(measure: (temporal: Temporal) => Promise<T>): Promise<T> {
  installTelemetry(loadConfig({ LOG_LEVEL: 'error' }));
  const server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
  const { address, pid } = server;
  const before = process.env.TEMPORAL_ADDRESS;
  process.env.TEMPORAL_ADDRESS = address;
  try {
    const connection = await NativeConnection.connect({ address });
    try {
      return await measure({ client: new Client({ connection }), connection, namespace: 'default', address, pid });
    } finally {
      await connection.close();
    }
  } finally {
    if (before === undefined) delete process.env.TEMPORAL_ADDRESS;
    else process.env.TEMPORAL_ADDRESS = before;
    await server.stop();
  }
}

/** Runs the workers while something is measured, and stops them in the end; one that fails ends the measurement. */
export async function whileWorking<T>(workers: readonly Worker[], measure: () => Promise<T>): Promise<T> {
  const runs = Promise.all(workers.map((worker) => worker.run()));
  try {
    return await Promise.race([measure(), runs.then(() => Promise.reject(new Error('the workers stopped early')))]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await runs;
  }
}

/** The environment of a worker that finds its way to the sandbox. */
export function environment(sandbox: Sandbox, requestsPerMinute: number): Record<string, string> {
  return {
    FRAGMENT_API_URL: sandbox.apiUrl,
    FRAGMENT_API_TOKEN: TOKEN,
    FRAGMENT_REQUESTS_PER_MINUTE: String(requestsPerMinute),
    PAYMENTS_URL: sandbox.paymentsUrl,
    PAYMENTS_TOKEN: TOKEN,
    LOG_LEVEL: 'error',
  };
}

export function configOf(sandbox: Sandbox, requestsPerMinute: number): Config {
  return loadConfig(environment(sandbox, requestsPerMinute));
}

/** Seconds of processor time that a process has used, all threads; NaN where /proc does not tell. */
export async function cpuSeconds(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // After the name in brackets, which may hold spaces: utime and stime are fields 14 and 15, in hundredths.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}

export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A worker's settings, for the page. */
export function sizing(settings: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
