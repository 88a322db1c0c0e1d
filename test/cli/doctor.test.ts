import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { feedFinding, leaseFinding } from '../../cli/doctor-account.js';
import { nodeFinding, searchAttributesFinding } from '../../cli/doctor-checks.js';
import type { Finding } from '../../cli/doctor-finding.js';
import { judgedBacklog, workersFindings } from '../../cli/doctor-workers.js';
import { feedStatus } from '../../cli/feed.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { feedStatusQuery, feedWorkflowId } from '../../workflows/account/contract.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { until } from '../until.js';
import { flows, startFlows } from './flows.js';
import { startTemporalStub } from './temporal-stub.js';

describe('flows doctor', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let whole: DevServer;
  let bare: DevServer;
  before(async () => {
    sandbox = await startSandbox({ token: 'right', team: false });
    whole = await startDevServer({ headless: true, searchAttributes: spelledTypes() });
    bare = await startDevServer({ headless: true });
  });
  after(async () => {
    await sandbox?.close();
    await whole?.stop();
    await bare?.stop();
  });

  const sound = () => ({
    TEMPORAL_ADDRESS: whole.address,
    FRAGMENT_API_URL: sandbox.apiUrl,
    FRAGMENT_API_TOKEN: 'right',
  });

  async function doctor(
    env: Record<string, string>,
    ...more: string[]
  ): Promise<{ code: number; findings: Map<string, Finding> }> {
    const { code, stdout } = await flows(['doctor', '--json', ...more], { env });
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
    assert.equal(code, ok ? 0 : 1);
    return { code, findings: new Map(findings.map((finding) => [finding.what, finding])) };
  }

  it('finds nothing that fails where nothing is wrong, and warns that no worker runs and nobody sends', async () => {
    const requests = sandbox.stats().requests;
    const { code, findings } = await doctor(sound());
    assert.equal(code, 0);
    const warned = [...findings.values()].filter(({ verdict }) => verdict === 'warning').map(({ what }) => what);
    assert.deepEqual(warned, ['workers on processes', 'gateway of the default account', 'encryption']);
    complains(findings.get('gateway of the default account'), 'warning', /nobody sends/, /--role gateway$/);
    assert.match(findings.get('Temporal')?.said ?? '', /server \d/);
    assert.equal(findings.get('clock')?.verdict, 'ok');
    assert.equal(sandbox.stats().requests - requests, 1);
  });

  it('names the variable that cannot be used, and none of its text', async () => {
    const { findings } = await doctor({ ...sound(), FRAGMENT_MAX_BATCH: 'secret-42' });
    complains(findings.get('environment'), 'failure', /FRAGMENT_MAX_BATCH/, /\.env\.example/);
    assert.ok(!JSON.stringify([...findings]).includes('secret-42'));
  });

  it('tells a Temporal that nobody can reach, a namespace that is not there, and one without search attributes', async () => {
    const away = await doctor({ ...sound(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
    complains(away.findings.get('Temporal'), 'failure', /no Temporal server answers/, /npm run dev|TEMPORAL_ADDRESS/);
    const elsewhere = await doctor({ ...sound(), TEMPORAL_NAMESPACE: 'nowhere' });
    complains(elsewhere.findings.get('namespace nowhere'), 'failure', /nowhere/, /namespace create -n nowhere/);
    const unset = await doctor({ ...sound(), TEMPORAL_ADDRESS: bare.address });
    complains(unset.findings.get('search attributes'), 'failure', /ClaimStep.*FragmentTasks/, /flows setup/);
    const worker = startFlows(['worker'], { env: { ...sound(), TEMPORAL_ADDRESS: bare.address } });
    try {
      await worker.printed(/ClaimStep.*search attributes are not registered.*flows setup/);
    } finally {
      await worker.stop('SIGKILL');
    }
  });

  it('and a claim is refused there with the same remedy, before anything runs that would be stuck', async () => {
    const input = '{"id": "early", "total": {"amount": 100, "currency": "USD"}}';
    const { code, stderr } = await flows(['claim', 'start', '-'], { env: { TEMPORAL_ADDRESS: bare.address }, input });
    assert.equal(code, 1);
    assert.match(stderr, /claim early: .*search attribute ClaimAmount; register it: flows setup$/m);
  });

  it('tells a search attribute that is there with another type: registering it again would not mend that', async () => {
    const connection = await Connection.connect({ address: bare.address });
    try {
      const INT = 3;
      const namespace = 'default';
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { ClaimStep: INT } });
      const finding = await searchAttributesFinding(new Client({ connection, namespace }));
      complains(finding, 'failure', /ClaimStep of namespace default is not a Keyword; remove it/, /administers/);
    } finally {
      await connection.close();
    }
  });

  it('counts what waits for a worker', async () => {
    const connection = await Connection.connect({ address: bare.address });
    try {
      const client = new Client({ connection });
      const backlog = async () => (await workersFindings(client))[1]?.said;
      assert.equal(await backlog(), 'nothing waits');
      for (const workflowId of ['waits-1', 'waits-2']) {
        await client.workflow.start('nobody-runs-it', { taskQueue: PROCESSES_QUEUE, workflowId });
      }
      await until(async () => (await backlog()) === 'some 2 wait');
    } finally {
      await connection.close();
    }
  });

  it('asks on where Temporal refuses a question, or takes it and says nothing', async () => {
    const [OK, PERMISSION_DENIED] = [0, 7];
    const open = ['GetSystemInfo', 'DescribeNamespace', 'ListSearchAttributes'];
    const stub = await startTemporalStub((method) =>
      method === 'DescribeTaskQueue' ? 'silence' : open.includes(method) ? OK : PERMISSION_DENIED,
    );
    try {
      const { findings } = await doctor({ ...sound(), TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}` });
      complains(findings.get('workers on processes'), 'failure', /DEADLINE_EXCEEDED/, /see whether Temporal answers/);
      complains(
        findings.get('gateway of the default account'),
        'failure',
        /PERMISSION_DENIED/,
        /lets this identity ask/,
      );
      assert.equal(findings.get(`Fragment at ${sandbox.apiUrl}`)?.verdict, 'ok');
      for (const { path, timeout } of stub.calls) assert.ok(timeout, `${path} has no deadline`);
    } finally {
      await stub.close();
    }
  });

  it('tells no token, a wrong token, and a Fragment that does not answer', async () => {
    const what = `Fragment at ${sandbox.apiUrl}`;
    const { FRAGMENT_API_TOKEN: _, ...tokenless } = sound();
    complains((await doctor(tokenless)).findings.get(what), 'failure', /no token/, /Settings > Developers/);
    const wrong = await doctor({ ...sound(), FRAGMENT_API_TOKEN: 'wrong' });
    complains(wrong.findings.get(what), 'failure', /401/, /FRAGMENT_API_TOKEN/);
    const silent = await doctor({ ...sound(), FRAGMENT_API_URL: 'http://127.0.0.1:1/api/v1' });
    complains(
      silent.findings.get('Fragment at http://127.0.0.1:1/api/v1'),
      'failure',
      /ECONNREFUSED/,
      /FRAGMENT_API_URL/,
    );
  });

  it('warns of a clock that is not the one of Fragment', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000).toUTCString();
    const server = createServer((_, answer) => answer.writeHead(200, { date: hourAgo }).end('{}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { findings } = await doctor({ ...sound(), FRAGMENT_API_URL: `http://127.0.0.1:${port}` }).finally(() =>
      server.close(),
    );
    complains(findings.get('clock'), 'warning', /^36\d\d s ahead of Fragment's/, /NTP/);
  });

  it('warns of a limit beyond the documented one', async () => {
    const { findings } = await doctor({ ...sound(), FRAGMENT_REQUESTS_PER_MINUTE: '600' });
    complains(findings.get('limits'), 'warning', /600 requests a minute/, /documents 60/);
  });

  it('looks at each account, at who sends for it, at how its feed learns of completions, and at the webhook receiver', async () => {
    const acme = await startSandbox({ token: 'of-acme', team: false, behaviour: { listFilters: 'reject' } });
    const env = {
      ...sound(),
      FRAGMENT_ACCOUNTS: 'acme,globex',
      FRAGMENT_API_URL_ACME: acme.apiUrl,
      FRAGMENT_API_TOKEN_ACME: 'of-acme',
      FRAGMENT_API_TOKEN_GLOBEX: 'wrong',
      WEBHOOK_SECRET: 'hush-hush',
    };
    const worker = startFlows(['worker', '--account', 'acme', '--account', 'default'], { env });
    const receiver = startFlows(['webhook', '--port', '0'], { env });
    try {
      const [url] = await receiver.printed(/http:\/\/[\d.:]+/);
      await stepsDown('acme');
      const { code, findings } = await doctor(env, '--webhook-url', `${url}/webhook/hush-hush`);
      assert.equal(code, 1);
      assert.match(findings.get('gateway of acme')?.said ?? '', new RegExp(`^held by ${worker.child.pid}@`));
      assert.equal(findings.get('change feed of the default account')?.verdict, 'ok');
      complains(
        findings.get('change feed of acme'),
        'warning',
        /^by (bulk|sweep|single), .*within \d+ s; the list/,
        /at 20/,
      );
      complains(findings.get('gateway of globex'), 'warning', /no gateway was ever started/, /--account globex$/);
      complains(findings.get('change feed of globex'), 'warning', /no change feed yet/, /flows worker/);
      assert.equal(findings.get(`Fragment at ${acme.apiUrl} (account acme)`)?.verdict, 'ok');
      assert.equal(findings.get('clock (account acme)')?.verdict, 'ok');
      const globex = findings.get(`Fragment at ${sandbox.apiUrl} (account globex)`);
      complains(globex, 'failure', /401/, /FRAGMENT_API_TOKEN_GLOBEX/);
      assert.equal(findings.get(`webhook receiver at ${url}`)?.verdict, 'ok');
      assert.ok(!JSON.stringify([...findings]).includes('hush-hush'));
    } finally {
      await Promise.all([worker, receiver].map((each) => each.stop('SIGKILL')));
      await acme.close();
    }
  });

  it('tells a webhook receiver that is not there, one without Temporal, and one that it was not told of', async () => {
    const env = { ...sound(), TEMPORAL_ADDRESS: '127.0.0.1:1', WEBHOOK_SECRET: 'hush-hush' };
    // A port that no system hands out; fetch refuses port 1 by itself.
    const nobody = 'http://127.0.0.1:2';
    const receiver = startFlows(['webhook', '--port', '0'], { env });
    try {
      const [url] = await receiver.printed(/http:\/\/[\d.:]+/);
      const [untold, cut, away] = await Promise.all([
        doctor(env),
        doctor(env, '--webhook-url', url),
        doctor(env, '--webhook-url', nobody),
      ]);
      assert.match(untold.findings.get('webhook receiver')?.said ?? '', /not checked/);
      complains(
        cut.findings.get(`webhook receiver at ${url}`),
        'failure',
        /does not reach Temporal/,
        /TEMPORAL_ADDRESS/,
      );
      const gone = away.findings.get(`webhook receiver at ${nobody}`);
      complains(gone, 'failure', /ECONNREFUSED/, /flows webhook/);
      // Something answers there, and it is none of ours: the sandbox knows no /readyz.
      const other = await doctor(env, '--webhook-url', sandbox.url);
      const stranger = other.findings.get(`webhook receiver at ${sandbox.url}`);
      complains(stranger, 'failure', /\/readyz is answered by 404/, /a proxy may not pass \/readyz on/);
    } finally {
      await receiver.stop('SIGKILL');
    }
  });

  /** The account's feed has found that the list cannot be used. */
  async function stepsDown(account: string): Promise<void> {
    const connection = await Connection.connect({ address: whole.address });
    const feed = new Client({ connection }).workflow.getHandle(feedWorkflowId(account));
    const stepped = async () => {
      const status = await feed.query(feedStatusQuery).catch(() => undefined);
      return status && status.rounds > 0 && status.way !== 'list';
    };
    try {
      await until(stepped, { what: `the feed of ${account} uses another way than the list` });
    } finally {
      await connection.close();
    }
  }
});

describe('a finding of flows doctor', () => {
  it('names the Node that is wanted where this one is older', () => {
    for (const version of ['18.20.8', '20.18.3']) {
      complains(nodeFinding(version), 'failure', new RegExp(`^${version}$`), /Node 20\.19 or newer/);
    }
    for (const version of ['20.19.0', '21.0.0', '24.1.0']) assert.equal(nodeFinding(version).verdict, 'ok', version);
  });

  it('tells a Temporal that refuses to say who sends', async () => {
    const PERMISSION_DENIED = 7;
    const lease = await answered(PERMISSION_DENIED, (client) => leaseFinding(client, 'acme'));
    assert.equal(lease.what, 'gateway of acme');
    complains(lease, 'failure', /PERMISSION_DENIED/, /see whether Temporal answers/);
  });

  it('tells a Temporal that refuses to say who takes work', async () => {
    const PERMISSION_DENIED = 7;
    const workers = await answered(PERMISSION_DENIED, async (client) => (await workersFindings(client))[0]);
    complains(workers, 'failure', /PERMISSION_DENIED/, /see whether Temporal answers/);
  });

  it('warns of processes that have waited for a worker for a minute', () => {
    for (const [count, seconds] of [
      [0, 0],
      [900, 59],
    ] as const) {
      assert.equal(judgedBacklog(count, seconds).verdict, 'ok');
    }
    complains(judgedBacklog(900, 75), 'warning', /some 900 wait .* for 75 s/, /--role processes/);
  });

  it('does not take a refusal for a change feed that is silent', async () => {
    const PERMISSION_DENIED = 7;
    const feed = await answered(PERMISSION_DENIED, (client) => feedFinding(client));
    complains(feed, 'failure', /PERMISSION_DENIED/, /lets this identity ask/);
    await answered(PERMISSION_DENIED, async (client) => {
      await assert.rejects(feedStatus(client), { name: 'ServiceError' });
      return feed;
    });
  });

  it('warns of a change feed that does not answer in time', async () => {
    const DEADLINE_EXCEEDED = 4;
    const feed = await answered(DEADLINE_EXCEEDED, (client) => feedFinding(client));
    assert.equal(feed.what, 'change feed of the default account');
    complains(feed, 'warning', /the change feed does not answer/, /worker of both roles/);
  });

  /** By a Temporal that answers every call with this status. */
  async function answered(status: number, ask: (client: Client) => Promise<Finding>): Promise<Finding> {
    const stub = await startTemporalStub(status);
    const connection = await Connection.connect({ address: `127.0.0.1:${stub.port}` });
    try {
      return await ask(new Client({ connection }));
    } finally {
      await connection.close();
      await stub.close();
    }
  }
});

function complains(finding: Finding | undefined, verdict: Finding['verdict'], said: RegExp, remedy: RegExp): void {
  assert.equal(finding?.verdict, verdict, JSON.stringify(finding));
  assert.match(finding.said, said);
  assert.match(finding.remedy ?? '', remedy);
}
