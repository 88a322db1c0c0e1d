import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { freePort } from '../../worker/embedded/ports.js';
import { serveHealth, type Checks, type Health } from '../../worker/health.js';
import { startFlows, type RunningFlows } from '../cli/flows.js';

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

  async function serve(checks: Checks): Promise<number> {
    const health = await serveHealth(0, checks);
    assert.ok(health);
    open.push(health);
    return health.port;
  }

  it('is ready when every check holds', async () => {
    const port = await serve({ worker: () => true, temporal: async () => true });
    const ready = { ok: true, checks: { worker: 'ok', temporal: 'ok' } };
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
    assert.deepEqual(await ask(port, '/livez'), { status: 200, body: { ok: true } });
    assert.equal((await ask(port, '/')).status, 404);
  });

  it('serves nothing without a port, and names a port that is taken', async () => {
    assert.equal(await serveHealth(undefined, {}), undefined);
    const port = await serve({});
    await assert.rejects(serveHealth(port, {}), new RegExp(`HEALTH_PORT: port ${port} is taken`));
  });

  describe('of a worker process', () => {
    let server: DevServer | undefined;
    let worker: RunningFlows | undefined;
    after(async () => {
      await worker?.stop('SIGKILL');
      await server?.stop();
    });

    async function until(port: number, status: number): Promise<Answer> {
      for (;;) {
        const answer = await ask(port, '/readyz').catch(() => undefined);
        if (answer?.status === status) return answer;
        await sleep(100);
      }
    }

    it('is ready while it runs and Temporal answers, and not when Temporal is gone', async () => {
      server = await startDevServer({ headless: true });
      const port = await freePort(0);
      const env = { TEMPORAL_ADDRESS: server.address, HEALTH_PORT: String(port) };
      worker = startFlows(['worker', '--role', 'processes'], { env });
      await worker.printed(/worker started/);
      const ready = await until(port, 200);
      assert.deepEqual(ready.body, { ok: true, checks: { worker: 'ok', temporal: 'ok' } });

      await server.stop();
      const { checks } = (await until(port, 503)).body as { checks: Record<string, string> };
      assert.notEqual(checks.temporal, 'ok');
      assert.equal((await ask(port, '/livez')).status, 200);
    });
  });
});
