import assert from 'node:assert/strict';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { PROBES, runProbes, type Probed, type ProbeReport } from '../../fragment/probe/run-probes.js';
import { behaviourSchema, type Behaviour, type BehaviourInput } from '../../sandbox/behaviour.js';
import type { FaultInput } from '../../sandbox/faults.js';
import { start, stopAll, TOKEN } from '../sandbox/harness.js';
import type { Sandbox } from '../../sandbox/server.js';

/** Out of the way, except for the last profile. */
const PLENTY = 100_000;
/** Nobody can tell these from outside without harm: who is nobody of the account, and how far the lists are behind. */
const NOT_PROBED = ['unknownAssignee', 'listLag', 'burst'];

describe('flows probe, against what it does not know', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  async function probe(behaviour: BehaviourInput): Promise<{ report: ProbeReport; sandbox: Sandbox }> {
    const sandbox = await start({ behaviour: { rateLimit: PLENTY, ...behaviour } });
    for (const at of Array.from({ length: 60 }).keys())
      sandbox.tasks.apply('PUT', { uid: foreign(at), fields: { title: 'Of somebody else' }, status: 'TODO' });
    return { report: await probed(sandbox), sandbox };
  }
  const foreign = (at: number) => `00000000-0000-0000-0000-${String(at).padStart(12, '0')}`;

  async function probed(sandbox: Sandbox, told?: (probed: Probed) => void): Promise<ProbeReport> {
    const options = { baseUrl: sandbox.apiUrl, token: TOKEN, userAgent: 'probe-test/1' };
    const client = new FragmentClient(options);
    const gateway = new Gateway({ client, requestsPerMinute: PLENTY, maxBatch: 100, backoffMs: 10, lingerMs: 0 });
    try {
      return await runProbes(gateway, { ...options, also: ['rate', 'user-agent'], told });
    } finally {
      gateway.close();
    }
  }

  const PROFILES: Record<string, BehaviourInput & { untold?: (keyof Behaviour)[] }> = {
    'all defaults': { rateLimit: 250 },
    'another everything': {
      duplicatePost: '403',
      fieldsOnPatch: 'replace',
      fieldsOnPut: 'merge',
      formDataOnPatch: 'merge',
      batchAtomicity: 'stop-at-first',
      batchOrder: 'shuffled',
      maxBatch: 37,
      batchTooLarge: '413',
      defaultLimit: 20,
      maxLimit: 30,
      overLimit: 'clamp',
      errorShape: 'message',
      retryAfter: true,
      rateLimit: 280,
      missingUserAgent: '403-html',
      deleteStatus: 204,
      putResetsStatus: true,
      reopening: '422',
      automaticTimestamps: false,
      noopTouches: true,
      missingTitle: 'allow',
      unknownKeys: '422',
      listFilters: 'status-only',
      listHidesDone: true,
      listOrder: 'descending',
      query: 'refuse',
      patchUidOnly: '422',
      nullClears: '422',
      cursorParam: 'page_token',
      lastCursor: 'absent',
      commentKey: 'text',
      untold: ['doneAtOnReopen'],
    },
    'the third values': {
      duplicatePost: '422',
      batchAtomicity: 'best-effort',
      errorShape: 'html',
      listFilters: 'ignore',
      query: 'ignore-condition',
      reopening: 'ignore',
      nullClears: 'ignore',
      lastCursor: 'empty',
      maxLimit: 101,
      commentKey: 'body',
      untold: ['doneAtOnReopen'],
    },
    'the rest of the values': {
      duplicatePost: 'upsert',
      errorShape: 'text',
      listFilters: 'reject',
      maxBatch: 3,
      doneAtOnReopen: 'keep',
      listHidesDone: true,
      untold: ['batchOrder'],
    },
    'nothing in an error, and one task in a batch': {
      errorShape: 'empty',
      maxBatch: 1,
      patchMissing: 'create',
      formDataWithoutForm: '422',
      cursorParam: 'from_here',
      untold: ['batchAtomicity', 'batchOrder', 'cursorParam', 'formDataOnPatch'],
    },
    'more than is tried': {
      maxBatch: 500,
      maxLimit: 5_000,
      patchMissing: 'create',
      untold: ['maxBatch', 'batchTooLarge', 'batchAtomicity', 'maxLimit', 'overLimit'],
    },
  };

  for (const [name, { untold = [], ...behaviour }] of Object.entries(PROFILES)) {
    it(`finds out ${name}`, async () => {
      const { report, sandbox } = await probe(behaviour);
      const expected = Object.entries(behaviourSchema.parse({ rateLimit: PLENTY, ...behaviour })).filter(
        ([key]) => !NOT_PROBED.includes(key) && !untold.some((each) => each === key) && !limited(behaviour, key),
      );
      assert.deepEqual(sorted(report.profile), sorted(Object.fromEntries(expected)));
      assert.ok(behaviourSchema.safeParse(report.profile).success);
      // What it does not know, it says, with a reason.
      const findings = Object.assign(
        {},
        ...report.probed.map((each) => each.findings),
      ) as ProbeReport['probed'][0]['findings'];
      for (const key of untold) assert.match(String(Reflect.get(findings[key] ?? {}, 'unknown')), /\w{3}/, key);

      for (const { name: asked, requests } of report.probed)
        assert.ok(requests <= PROBES.find((each) => each.name === asked)!.requests, `${asked}: ${requests} requests`);

      // It counted right, left nothing open, and touched nobody else's task.
      assert.equal(report.requests, sandbox.stats().requests);
      assert.deepEqual(report.leftOpen, []);
      const [own, others] = [true, false].map((is) =>
        sandbox.tasks.all().filter(({ fields }) => String(fields.title).startsWith('flows probe') === is),
      );
      assert.deepEqual(new Set(own?.map(({ uid }) => uid)), new Set(report.closed));
      assert.ok(own?.every(({ status }) => status === 'DONE'));
      assert.equal(others?.length, 60);
      assert.ok(others.every(({ uid }) => sandbox.tasks.detail(uid)?.history.length === 1));
    });
  }

  /** Refused right after the named probe, as often as asked. */
  async function refusedAfter(name: string, fault: FaultInput): Promise<Record<string, unknown>> {
    const sandbox = await start({ behaviour: { rateLimit: PLENTY } });
    const report = await probed(sandbox, (done) => void (done.name === name && sandbox.faults.add(fault)));
    assert.deepEqual(report.leftOpen, []);
    return Object.assign({}, ...report.probed.map(({ findings }) => findings)) as Record<string, unknown>;
  }
  for (const [name, after, method, status, times, findings] of [
    ['a refused page', 'filters', 'GET', 422, 1, ['listOrder', 'listHidesDone', 'lastCursor']],
    ['filters that are forbidden', 'cursor', 'GET', 403, 2, ['listFilters']],
    ['a query that is not there', 'the whole list', 'POST', 404, 1, ['query']],
  ] as const) {
    it(`learns nothing from ${name}`, async () => {
      const found = await refusedAfter(after, { kind: 'status', status, times, match: { method, path: '/tasks*' } });
      for (const key of findings) assert.match(String(Reflect.get(found[key] ?? {}, 'unknown')), RegExp(`${status}$`));
    });
  }

  it('asks nothing more once the token is not taken, and takes that for no answer', async () => {
    const sandbox = await start({ behaviour: { rateLimit: PLENTY } });
    const report = await probed(sandbox, ({ name }) => {
      if (name === 'DELETE') sandbox.faults.add({ kind: 'status', status: 401, times: 'always' });
    });
    const late = report.probed.slice(report.probed.findIndex(({ name }) => name === 'page size'));
    // The rest, and the one that asks past the gateway.
    assert.equal(late.length, 7);
    assert.deepEqual(
      late.map(({ requests }) => requests),
      [1, 0, 0, 0, 0, 0, 0],
    );
    for (const { findings } of late)
      for (const finding of Object.values(findings)) assert.match(String(Reflect.get(finding, 'unknown')), / 401 /);
    assert.ok(report.leftOpen.length > 1);
    // One more to close, which is turned away as well.
    assert.equal(sandbox.faults.taken, 2);
  });

  it('ends the question of the limit where something else than the limit answers', async () => {
    const found = await refusedAfter('no User-Agent', {
      kind: 'status',
      status: 503,
      html: true,
      times: 'always',
      match: { path: '/accounts/me' },
    });
    assert.match(String(Reflect.get(found['rateLimit'] ?? {}, 'unknown')), /one was answered 503$/);
    assert.deepEqual(found['retryAfter'], found['rateLimit']);
  });

  it('gives up the limit after a minute of answers too slow to meet it', async () => {
    const now = performance.now.bind(performance);
    let sandbox: Sandbox | undefined;
    // Every request seems to take a second.
    performance.now = () => now() + 1_000 * (sandbox?.stats().requests ?? 0);
    try {
      sandbox = await start({ behaviour: { rateLimit: PLENTY } });
      const { requests, findings } = (await probed(sandbox)).probed.at(-1) ?? {};
      assert.ok(requests && requests > 50 && requests <= 60, String(requests));
      for (const name of ['rateLimit', 'retryAfter'])
        assert.match(String(Reflect.get(findings?.[name] ?? {}, 'unknown')), /^answers are so slow that only [56]\d /);
    } finally {
      Reflect.deleteProperty(performance, 'now');
    }
  });

  /** Without a limit that is met, nothing is known of the refusal. */
  const limited = ({ rateLimit }: BehaviourInput, key: string) =>
    rateLimit === undefined && ['rateLimit', 'retryAfter'].includes(key);
});

const sorted = (profile: object) =>
  Object.fromEntries(Object.entries(profile).toSorted(([a], [b]) => (a < b ? -1 : 1)));
