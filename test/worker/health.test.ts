import assert from 'node:assert/strict';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { UNTIL_CLEARED } from '../../sandbox/faults.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import type { Role } from '../../worker/role.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { newIdentity } from '../../worker/identity.js';
import { serveHealth, type Checks, type Health } from '../../worker/health.js';
import { startFlows, type RunningFlows } from '../cli/flows.js';
import { until } from '../until.js';

type Said = Record<string, string>;

interface Answer {
  status: number;
  body: unknown;
}

async function ask(port: number, path: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.json() };
}

describe("the worker's health", () => {
  const open: Health[] = [];
  afterEach(async () => {
    for (const health of open.splice(0)) await health.close();
  });

  async function serve(ready: Checks, live: Checks = {}): Promise<number> {
    const health = await serveHealth(0, { ready, live });
    assert.ok(health);
    open.push(health);
    return health.port;
  }

  it('is ready when every check holds', async () => {
    const port = await serve({ worker: () => true, lease: async () => 'standing by' });
    const ready = { ok: true, checks: { worker: 'ok', lease: 'standing by' } };
    assert.deepEqual(await ask(port, '/readyz'), { status: 200, body: ready });
  });

  it('names each check that does not hold, fails or never answers, and is alive all the same', async () => {
    const port = await serve({
      fine: () => true,
      worker: () => false,
      temporal: () => Promise.reject(new Error('secret-host.internal')),
      stuck: () => new Promise(() => undefined),
    });
    const checks = { fine: 'ok', worker: 'not ready', temporal: 'failed', stuck: 'no answer in 800 ms' };
    assert.deepEqual(await ask(port, '/readyz'), { status: 503, body: { ok: false, checks } });
    assert.deepEqual(await ask(port, '/livez'), { status: 200, body: { ok: true, checks: {} } });
    assert.equal((await ask(port, '/')).status, 404);
  });

  it('is not alive where something has failed that only a restart mends', async () => {
    const port = await serve({ worker: () => true }, { worker: () => false });
    assert.deepEqual(await ask(port, '/livez'), { status: 503, body: { ok: false, checks: { worker: 'not ready' } } });
  });

  it('serves nothing without a port, and names a port that is taken', async () => {
    assert.equal(await serveHealth(undefined, { ready: {}, live: {} }), undefined);
    const port = await serve({});
    await assert.rejects(serveHealth(port, { ready: {}, live: {} }), new RegExp(`HEALTH_PORT: port ${port} is taken`));
  });

  describe('of a worker process', function () {
    this.timeout(120_000);
    let server: DevServer;
    let sandbox: Sandbox;
    let connection: Connection;
    let ports: number[];
    let doomed: number;
    const workers: RunningFlows[] = [];
    // All at once: a worker takes seconds to start.
    before(async () => {
      server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
      sandbox = await startSandbox({ token: 't', team: false });
      connection = await Connection.connect({ address: server.address });
      const both = Promise.all([start('all'), start('all')]);
      await registerNamespace('doomed');
      doomed = await start('processes', { TEMPORAL_NAMESPACE: 'doomed' });
      ports = await both;
    });
    after(async () => {
      for (const worker of workers) await worker.stop('SIGKILL');
      await connection?.close();
      await sandbox?.close();
      await server?.stop();
    });

    async function start(role: Role, more: Record<string, string> = {}): Promise<number> {
      const fragment = { FRAGMENT_API_URL: sandbox.apiUrl, FRAGMENT_API_TOKEN: 't' };
      const env = { TEMPORAL_ADDRESS: server.address, HEALTH_PORT: '0', ...fragment, ...more };
      const worker = startFlows(['worker', '--role', role], { env });
      workers.push(worker);
      const [, port] = await worker.printed(/"healthPort":(\d+).*worker started/);
      return Number(port);
    }

    /**
     * The first answer in which each of these checks says so. One alone proves nothing of the others: each becomes good in
     * its own time, and on a busy machine Temporal may now and then take longer than a check is given.
     */
    function says(port: number, said: Record<string, RegExp>): Promise<{ status: number; checks: Said }> {
      return until(
        async () => {
          const answer = await ask(port, '/readyz').catch(() => undefined);
          const checks = (answer?.body as { checks?: Said } | undefined)?.checks ?? {};
          const holds = Object.entries(said).every(([check, pattern]) => pattern.test(checks[check] ?? ''));
          return answer && holds ? { status: answer.status, checks } : undefined;
        },
        { what: Object.entries(said).join() },
      );
    }
    const works = { worker: /^ok/, temporal: /^ok/, poller: /^ok/ };

    it('knows whether Fragment has answered lately, and who holds the lease', async () => {
      const first = await until(async () => {
        const asked = await Promise.all(ports.map((port) => says(port, { lease: /./ })));
        return ports.find((_, at) => asked[at]?.checks.lease === 'held');
      });
      const second = ports.find((port) => port !== first)!;
      const checks = { worker: 'ok', temporal: 'ok', poller: 'ok', lease: 'held', fragment: 'ok' };
      assert.deepEqual(await says(first, works), { status: 200, checks });
      const idle = { ...checks, lease: 'standing by', fragment: 'not asked' };
      const standsBy = { ...works, lease: /standing by/ };
      assert.deepEqual(await says(second, standsBy), { status: 200, checks: idle });

      sandbox.faults.add({ kind: 'drop', times: UNTIL_CLEARED });
      assert.deepEqual(await says(first, { ...works, fragment: /not ready/ }), {
        status: 503,
        checks: { ...checks, fragment: 'not ready' },
      });
      assert.equal((await ask(first, '/livez')).status, 200);
      assert.equal((await says(second, standsBy)).status, 200);

      sandbox.faults.clear();
      assert.equal((await says(first, { ...works, fragment: /ok/ })).status, 200);
    });

    it('is known to Temporal by this start, and not by the process id and host of a predecessor in its place', async () => {
      const pids = workers.slice(0, 2).map(({ child }) => `${child.pid}@`);
      const identities = await until(async () => {
        const polling = await pollersOf('processes');
        return pids.every((pid) => polling.some((identity) => identity.startsWith(pid))) ? polling : undefined;
      });
      for (const identity of identities) assert.match(identity, /^\d+@.+#[0-9a-f]{8}$/);
      assert.notEqual(newIdentity(), newIdentity());
    });

    async function pollersOf(name: string): Promise<string[]> {
      const WORKFLOW_TASKS = 1;
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name },
        taskQueueType: WORKFLOW_TASKS,
      });
      return (pollers ?? []).map(({ identity }) => identity ?? '');
    }

    it('is not ready once its poller polls in vain, though the worker calls itself running', async () => {
      assert.equal((await says(doomed, works)).status, 200);
      await connection.operatorService.deleteNamespace({ namespace: 'doomed' });
      const { status, checks } = await says(doomed, { poller: /failed/ });
      assert.equal(status, 503);
      assert.equal(checks.worker, 'ok');
    });

    it('is not ready when Temporal is gone, and alive all the same', async () => {
      await server.stop();
      assert.equal((await says(ports[0]!, { temporal: /failed|no answer/ })).status, 503);
      assert.equal((await ask(ports[0]!, '/livez')).status, 200);
    });

    async function registerNamespace(namespace: string): Promise<void> {
      const { workflowService } = connection;
      await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
      const look = { namespace, taskQueue: { name: 'any' }, taskQueueType: 1 };
      await until(() => workflowService.describeTaskQueue(look).catch(() => undefined));
    }
  });
});
