import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeReport } from '../../fragment/probe/run-probes.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { flows, startFlows } from './flows.js';

describe('flows probe', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'probe-'));
    const behaviour = { rateLimit: 100_000, batchAtomicity: 'best-effort', maxBatch: 20, commentKey: 'text' } as const;
    sandbox = await startSandbox({ token: 'right', team: false, behaviour });
  });
  after(async () => {
    await sandbox?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const env = (more: Record<string, string> = {}) => ({
    FRAGMENT_API_URL: sandbox.apiUrl,
    FRAGMENT_API_TOKEN: 'right',
    FRAGMENT_REQUESTS_PER_MINUTE: '6000',
    ...more,
  });

  it('prints one object, and writes a profile under which the sandbox does what was found', async () => {
    const file = join(directory, 'profile.json');
    const { code, stdout, stderr } = await flows(['probe', '--json', '--out', file], { env: env() });
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as ProbeReport;
    const profile = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    assert.deepEqual(profile, report.profile);
    assert.deepEqual(
      [profile['batchAtomicity'], profile['maxBatch'], profile['commentKey']],
      ['best-effort', 20, 'text'],
    );
    // Asked for by nobody.
    for (const name of ['rateLimit', 'retryAfter', 'missingUserAgent']) assert.ok(!(name in profile), name);

    const second = startFlows(['sandbox', '--port', '0', '--behaviour', file]);
    const [, inbox] = await second.printed(/inbox: (\S+)/);
    const behaviour = (await (await fetch(`${inbox}/_sandbox/behaviour`)).json()) as Record<string, unknown>;
    await second.stop('SIGTERM');
    assert.equal(behaviour['batchAtomicity'], 'best-effort');
    assert.equal(behaviour['maxBatch'], 20);
  });

  it('says each finding in words, how many requests it took, and which tasks it made', async () => {
    const { requests } = sandbox.stats();
    const { code, stdout } = await flows(['probe'], { env: env() });
    assert.equal(code, 0);
    assert.match(stdout, /one bad item.*\n {2}batchAtomicity: "best-effort"/);
    const used = Number(
      /^(\d+) requests; \d+ tasks were made and are closed: .*"flows probe \w{8}"/m.exec(stdout)?.[1],
    );
    // One more is the look at the token before anything else.
    assert.equal(sandbox.stats().requests - requests, used + 1);
    assert.ok(sandbox.tasks.all().every(({ status }) => status === 'DONE'));
  });

  it('asks nothing more after Ctrl-C, closes its tasks, and replaces no profile', async () => {
    const file = join(directory, 'kept.json');
    await writeFile(file, 'of an earlier run');
    const open = () => sandbox.tasks.all().filter(({ status }) => status !== 'DONE');
    const { requests } = sandbox.stats();
    // At five requests a second it is far from its end.
    const probe = startFlows(['probe', '--out', file], { env: env({ FRAGMENT_REQUESTS_PER_MINUTE: '300' }) });
    while (open().length === 0) await sleep(20);
    const { code, stdout, stderr } = await probe.stop('SIGINT');
    assert.equal(code, 1, stderr);
    assert.deepEqual(open(), []);
    assert.match(stdout, /\d+ tasks were made and are closed/);
    assert.match(stderr, /^error: interrupted: \d+ questions were not asked, and \S*kept\.json was not written$/m);
    assert.ok(sandbox.stats().requests - requests < 40);
    assert.equal(await readFile(file, 'utf8'), 'of an earlier run');
  });

  it('names the tasks that it could not close, and exits 1', async () => {
    // The comment's task is opened, and no PATCH of a single task is answered any more.
    const refusal = {
      match: { method: 'PATCH', path: '/tasks/:uid' },
      kind: 'status',
      status: 422,
      times: 1_000,
    } as const;
    sandbox.faults.add(refusal);
    const { code, stdout } = await flows(['probe', '--json'], { env: env() });
    assert.equal(code, 1);
    const { leftOpen } = JSON.parse(stdout) as ProbeReport;
    const open = sandbox.tasks.all().flatMap(({ uid, status }) => (status === 'DONE' ? [] : [uid]));
    assert.ok(leftOpen.length > 0);
    assert.deepEqual(new Set(leftOpen), new Set(open));
  });

  it('makes nothing where nobody says whose account it is', async () => {
    const { length } = sandbox.tasks.all();
    const { requests } = sandbox.stats();
    sandbox.faults.add({ kind: 'status', status: 404, match: { path: '/accounts/me' } });
    const { code, stdout, stderr } = await flows(['probe', '--json'], { env: env() });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: FRAGMENT_API_URL: \S+ does not say whose the token is: Fragment answered 404/m);
    assert.deepEqual([sandbox.stats().requests - requests, sandbox.tasks.all().length], [1, length]);
  });

  it('makes nothing where the token is wrong', async () => {
    const { length } = sandbox.tasks.all();
    const { code, stderr } = await flows(['probe'], { env: env({ FRAGMENT_API_TOKEN: 'wrong' }) });
    assert.equal(code, 2);
    assert.match(stderr, /FRAGMENT_API_TOKEN.*401/);
    assert.equal(sandbox.tasks.all().length, length);
  });
});
