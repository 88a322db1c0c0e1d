import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../cli/doctor-checks.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

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

  async function doctor(env: Record<string, string>): Promise<{ code: number; findings: Map<string, Finding> }> {
    const { PATH, HOME } = process.env as Record<string, string>;
    const args = ['--import', 'tsx', main, 'doctor', '--json'];
    const child = spawn(process.execPath, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
    const { ok, findings } = JSON.parse(printed) as { ok: boolean; findings: Finding[] };
    assert.equal(code, ok ? 0 : 1);
    return { code, findings: new Map(findings.map((finding) => [finding.what, finding])) };
  }
  const complains = (finding: Finding | undefined, verdict: Finding['verdict'], said: RegExp, remedy: RegExp) => {
    assert.equal(finding?.verdict, verdict, JSON.stringify(finding));
    assert.match(finding.said, said);
    assert.match(finding.remedy ?? '', remedy);
  };

  it('finds nothing that fails where nothing is wrong, and warns that no worker runs', async () => {
    const requests = sandbox.stats().requests;
    const { code, findings } = await doctor(sound());
    assert.equal(code, 0);
    const warned = [...findings.values()].filter(({ verdict }) => verdict === 'warning').map(({ what }) => what);
    assert.deepEqual(warned, ['workers on processes', 'workers on fragment', 'encryption']);
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
    const { findings } = await doctor({ ...sound(), FRAGMENT_API_URL: `http://127.0.0.1:${port}` });
    server.close();
    complains(findings.get('clock'), 'warning', /^36\d\d s ahead of Fragment's/, /NTP/);
  });

  it('warns of a limit beyond the documented one', async () => {
    const { findings } = await doctor({ ...sound(), FRAGMENT_REQUESTS_PER_MINUTE: '600' });
    complains(findings.get('limits'), 'warning', /600 requests a minute/, /documents 60/);
  });
});
