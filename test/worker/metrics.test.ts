import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { leaseStatus } from '../../cli/lease-status.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { Onboardings } from '../../client/index.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { flows, startFlows, type RunningFlows } from '../cli/flows.js';
import { portToTell } from '../ports.js';
import { until } from '../until.js';

const FIGURES: Record<string, string[]> = {
  gauge: [
    'lease_held',
    'tokens',
    'waiting',
    'oldest_wait_seconds',
    'batch_fill',
    'requests_last_minute',
    'requests_per_minute_allowed',
  ],
  counter: ['requests', 'writes', 'merged_writes', 'rate_limited', 'freezes', 'frozen_ms'],
  histogram: ['write_latency_ms'],
};

describe('A gateway, seen from outside', function () {
  this.timeout(120_000);
  let server: DevServer;
  let sandbox: Sandbox;
  let temporal: Client;
  let worker: RunningFlows;
  let port: number;
  let env: Record<string, string>;

  before(async () => {
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    sandbox = await startSandbox({ token: 't', team: false });
    temporal = new Client({ connection: await Connection.connect({ address: server.address }) });
    port = await portToTell();
    env = { TEMPORAL_ADDRESS: server.address, FRAGMENT_API_URL: sandbox.apiUrl, FRAGMENT_API_TOKEN: 't' };
    sandbox.faults.add({ kind: 'status', status: 429, retryAfter: 1, times: 1, match: { method: 'PUT' } });
    worker = startFlows(['worker'], { env: { ...env, METRICS_PORT: String(port) } });
    await new Onboardings(temporal).start({ userId: 'seen', fields: {} });
    await temporal.workflow.getHandle('onboarding-seen').result();
    // Temporal hears of it by the heartbeat after, last of all: the figures are published before that.
    await until(async () => (await leaseStatus(temporal)).gateway?.writes === 1);
  });

  after(async () => {
    await worker?.stop('SIGKILL');
    await temporal?.connection.close();
    await sandbox?.close();
    await server?.stop();
  });

  it('shows Prometheus every figure of the gateway by account, and those of the SDK beside them', async () => {
    const page = await scrapedUntil((text) => value(text, 'fragment_gateway_writes') === 1);
    for (const [kind, names] of Object.entries(FIGURES)) {
      for (const name of names) {
        assert.match(page, new RegExp(`^# TYPE fragment_gateway_${name} ${kind}$`, 'm'), name);
        assert.match(page, new RegExp(`^fragment_gateway_${name}(_count)?\\{.*account="default".*\\} `, 'm'), name);
      }
    }
    assert.equal(value(page, 'fragment_gateway_lease_held'), 1);
    assert.equal(value(page, 'fragment_gateway_rate_limited'), 1);
    assert.equal(value(page, 'fragment_gateway_freezes'), 1);
    assert.equal(value(page, 'fragment_gateway_write_latency_ms_count'), 1);
    assert.ok(value(page, 'fragment_gateway_requests_per_minute_allowed')! < 53);
    assert.match(page, /^temporal_\w+\{.*task_queue="fragment".*\}/m);
    assert.match(page, /^temporal_\w+\{.*task_queue="processes".*\}/m);
    assert.doesNotMatch(page, /seen/, 'a user id among the metrics');
  });

  it('tells `flows gateway status` who holds the lease, with figures that are seconds old', async () => {
    const { code, stdout } = await flows(['gateway', 'status', '--json'], { env });
    const [status] = (JSON.parse(stdout) as { gateways: Record<string, any>[] }).gateways;
    assert.equal(code, 0);
    assert.equal(status?.held, true);
    assert.match(status?.holder, new RegExp(`^${worker.child.pid}@`));
    assert.equal(status?.gateway.writes, 1);
    assert.ok(status?.ageSeconds < 6);
    const words = await flows(['gateway', 'status'], { env });
    assert.match(words.stdout, /^default: held by \d+@\S+ since \d{4}-\d\d-\d\d [\d:]+ UTC$/m);
  });

  it('is told in the details of the lease as the Web UI shows them', async () => {
    const { stdout } = await flows(['gateway', 'status', '--json'], { env });
    const { holder } = (JSON.parse(stdout) as { gateways: { holder: string }[] }).gateways[0]!;
    const lease = temporal.workflow.getHandle('fragment-gateway');
    const { currentDetails } = await lease.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    assert.ok(currentDetails?.includes(`## Held by ${holder}\n\nSince **`), currentDetails);
  });

  it('says plainly that nobody sends, and what to do, once its worker is gone', async () => {
    await worker.stop('SIGTERM');
    const { code, stdout } = await flows(['gateway', 'status'], { env });
    assert.equal(code, 1);
    assert.match(stdout, /^default: NOBODY sends: .*gave the lease back.*flows worker --role gateway/m);
  });

  it('says so too where no gateway was ever started, and names the accounts where one is unknown', async () => {
    const more = { ...env, FRAGMENT_ACCOUNTS: 'acme' };
    const { code, stdout } = await flows(['gateway', 'status', '--account', 'acme'], { env: more });
    assert.equal(code, 1);
    assert.match(stdout, /^acme: NOBODY sends: no gateway was ever started/);
    const unknown = await flows(['gateway', 'status', '--account', 'globex'], { env: more });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /--account globex: .* there are: default, acme/);
  });

  function scrapedUntil(holds: (text: string) => boolean): Promise<string> {
    return until(
      async () => {
        const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
        return holds(text) ? text : undefined;
      },
      { what: String(holds) },
    );
  }
});

/** Of the one series that this has here. */
function value(page: string, name: string): number | undefined {
  const line = new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(page);
  return line ? Number(line[1]) : undefined;
}
