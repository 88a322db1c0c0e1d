import assert from 'node:assert/strict';
import { flows, startFlows, type RunningFlows } from '../cli/flows.js';

interface Summary {
  claims: { started: number; paid: number; rejected: number; withdrawn: number; failed: number };
  tasks: { created: number; open: number };
  fragment: { requests: number; writes: number; s429: number };
}

/** The demo against a Fragment that it did not start: an address and a token, and payment as a person's step. */
describe('flows demo, against a server of somebody else', function () {
  this.timeout(600_000);
  let server: RunningFlows | undefined;
  afterEach(() => server?.stop('SIGTERM'));

  const behaviours: [what: string, behaviour: object, args?: string[]][] = [
    [
      'answers shuffled, fields merged on PUT and replaced on PATCH, PUT takes the status back',
      { batchOrder: 'shuffled', fieldsOnPut: 'merge', fieldsOnPatch: 'replace', putResetsStatus: true },
    ],
    [
      'errors as web pages, batches that stop at the first bad item, null refused',
      { errorShape: 'html', batchAtomicity: 'stop-at-first', nullClears: '422' },
      ['--count', '3', '--lifecycle', 'single-task'],
    ],
    [
      'small batches that leave the bad items out without a word',
      { batchAtomicity: 'best-effort', nullClears: '422', maxBatch: 2 },
      ['--count', '2', '--lifecycle', 'single-task'],
    ],
    [
      'lists that filter nothing and lag, queries that ignore their condition',
      { listFilters: 'ignore', listLag: 2_000, query: 'ignore-condition' },
      ['--count', '3'],
    ],
    [
      // A single task is read by its own address, so the claim ends while a search still has its last task as open.
      'a search that is behind what has ended',
      { listFilters: 'reject', listLag: 3_000 },
      ['--count', '1'],
    ],
    [
      'filters and queries refused, no PATCH of a bare uid',
      { listFilters: 'reject', query: 'refuse', patchUidOnly: '422' },
      // Each look at an open task is a request: few claims keep the run short.
      ['--count', '2'],
    ],
  ];
  for (const [what, behaviour, more = []] of behaviours) {
    it(`runs every claim to its end: ${what}`, async () => {
      const token = { FRAGMENT_API_TOKEN: 'of-the-other-server' };
      const args = ['sandbox', '--port', '0', '--team', '--behaviour', JSON.stringify(behaviour)];
      server = startFlows(args, { env: token });
      const [, url = ''] = await server.printed(/FRAGMENT_API_URL=(\S+)/);

      const { code, stdout, stderr } = await flows(['demo', '--json', ...more], {
        env: { ...token, FRAGMENT_API_URL: url },
      });
      assert.equal(code, 0, stdout + stderr);
      const { claims, tasks, fragment } = JSON.parse(stdout) as Summary;
      // The examples run in both lifecycles, where nothing else is asked for.
      assert.equal(claims.started, more.length > 0 ? Number(more[1]) : 16);
      assert.equal(claims.paid + claims.rejected, claims.started);
      assert.deepEqual([claims.withdrawn, claims.failed, tasks.open, fragment.s429], [0, 0, 0, 0]);

      // What the other side counted, not what we say of ourselves.
      const stats = (await (await fetch(url.replace('/api/v1', '/_sandbox/stats'))).json()) as Record<string, number>;
      assert.deepEqual(
        { tasks: stats.tasks, openTasks: stats.openTasks, s429: stats.s429 },
        { tasks: tasks.created, openTasks: 0, s429: 0 },
      );
      assert.ok(stats.maxIn60s! <= 60, `${stats.maxIn60s} requests in 60 s`);
    });
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends at ${signal}, says what is open, and prints its one object, as long as its workers can still be asked`, async () => {
      const env = { FRAGMENT_API_TOKEN: 'of-the-other-server' };
      server = startFlows(['sandbox', '--port', '0'], { env });
      const [, url = ''] = await server.printed(/FRAGMENT_API_URL=(\S+)/);
      // Without an address they mean no server: the demo's own knows neither that namespace nor TLS.
      const cloud = { TEMPORAL_NAMESPACE: 'claims.a1b2c', TEMPORAL_API_KEY: 'of-the-cloud' };
      const demo = startFlows(['demo', '--json', '--count', '2'], { env: { ...env, ...cloud, FRAGMENT_API_URL: url } });
      await demo.printed(/2\/2 started/);
      const interrupted = performance.now();
      const { code, stdout, stderr } = await demo.stop(signal);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^error: interrupted with 2 claims still open: example-/m);
      assert.match(stderr, /one of our own is used, without TEMPORAL_NAMESPACE, TEMPORAL_API_KEY$/m);
      assert.doesNotMatch(stderr, /^\s+at |did not answer/m);
      assert.equal((JSON.parse(stdout) as Summary).claims.started, 2);
      const seconds = (performance.now() - interrupted) / 1_000;
      assert.ok(seconds < 30, `it took ${seconds} s`);
    });
  }

  it('gives up after --timeout, says what is open, and still prints its one object', async () => {
    const env = { FRAGMENT_API_TOKEN: 'of-the-other-server' };
    server = startFlows(['sandbox', '--port', '0'], { env });
    const [, url = ''] = await server.printed(/FRAGMENT_API_URL=(\S+)/);
    const args = ['demo', '--json', '--count', '2', '--timeout', '5'];
    const { code, stdout, stderr } = await flows(args, { env: { ...env, FRAGMENT_API_URL: url } });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: timeout with 2 claims still open: example-/m);
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.equal((JSON.parse(stdout) as Summary).claims.started, 2);
  });
});
