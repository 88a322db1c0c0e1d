import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FragmentClient } from '../../fragment/client.js';
import { FragmentRejectedError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import type { TaskWrite } from '../../fragment/schema.js';
import type { BehaviourInput } from '../../sandbox/behaviour.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';

const uid = (n: number | string) => taskUid(`gateway#${n}`);
const create = (n: number | string) => ({
  uid: uid(n),
  kind: 'create' as const,
  body: { fields: { title: `task ${n}`, n } },
});

describe('Gateway', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let gateway: Gateway;
  let client: FragmentClient;

  async function open(behaviour: BehaviourInput = {}) {
    sandbox = await startSandbox({ token: 't', team: false, behaviour: { rateLimit: 10_000, ...behaviour } });
    client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
    // As fast as a test wants it; the budget's own tests hold it to its limit.
    gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, backoffMs: 20 });
  }
  afterEach(async () => {
    gateway.close();
    await sandbox.close();
  });

  it('sends writes that wait together as one batch, and gives each waiter its own task', async () => {
    await open({ batchOrder: 'shuffled' });
    const tasks = await Promise.all(Array.from({ length: 100 }, (_, n) => gateway.write(create(n))));
    assert.deepEqual(
      tasks.map((task) => task.fields?.n),
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.equal(sandbox.stats().byEndpoint['PUT /tasks/batch'], 1);
  });

  for (const batchAtomicity of ['all-or-nothing', 'stop-at-first', 'best-effort'] as const) {
    it(`fails the bad write alone, whatever a batch is (${batchAtomicity})`, async () => {
      await open({ batchAtomicity });
      const untitled = { uid: uid(7), kind: 'create' as const, body: { fields: {} } };
      const writes = Array.from({ length: 20 }, (_, n) => gateway.write(n === 7 ? untitled : create(n)));
      const settled = await Promise.allSettled(writes);
      const bad = settled.flatMap((outcome, n) => (outcome.status === 'rejected' ? [n] : []));
      assert.deepEqual(bad, [7]);
      assert.ok((settled[7] as PromiseRejectedResult).reason instanceof FragmentRejectedError);
    });
  }

  it('spends no request on a write whose shape Fragment does not allow, and lets it spoil no batch', async () => {
    await open();
    const wrong = { uid: uid(0), kind: 'create' as const, body: { fields: { title: 'x' }, due_at: 'tomorrow' } };
    const settled = await Promise.allSettled([wrong, ...[1, 2, 3, 4].map(create)].map((write) => gateway.write(write)));
    const [{ reason }] = settled as [PromiseRejectedResult];
    assert.ok(reason instanceof FragmentRejectedError && /may not be sent as it is: due_at/.test(reason.message));
    assert.ok(settled.slice(1).every(({ status }) => status === 'fulfilled'));
    assert.equal(gateway.stats().requests, 1);
  });

  it('merges what waits for one task: the newest intent wins, and every waiter gets the answer', async () => {
    await open();
    const update = (body: TaskWrite) => gateway.write({ uid: uid(1), kind: 'update', body });
    const tasks = await Promise.all([
      gateway.write(create(1)),
      update({ status: 'STARTED', fields: { n: 2 } }),
      update({ status: 'DONE' }),
    ]);
    assert.deepEqual(
      tasks.map(({ status, fields }) => [status, fields?.title, fields?.n]),
      Array(3).fill(['DONE', 'task 1', 2]),
    );
    assert.deepEqual([gateway.stats().requests, gateway.stats().merged], [1, 2]);
  });

  it('keeps the order of one task, and never has two of its writes under way', async () => {
    await open();
    sandbox.faults.add({ kind: 'delay', delayMs: 100, times: 1 });
    const first = gateway.write(create(1));
    while (gateway.stats().requests === 0) await tick();
    const second = gateway.write({ uid: uid(1), kind: 'update', body: { status: 'DONE' } });
    await tick();
    assert.deepEqual([gateway.stats().requests, gateway.stats().waiting], [1, 1]);
    assert.deepEqual([(await first).status, (await second).status], ['TODO', 'DONE']);
  });

  for (const [batchTooLarge, errorShape] of [
    ['413', 'html'],
    ['422', 'empty'],
  ] as const) {
    it(`learns how many items a batch may hold, though Fragment does not say it (${batchTooLarge})`, async () => {
      await open({ maxBatch: 30, batchTooLarge, errorShape });
      const creations = async (from: number) =>
        Promise.all(Array.from({ length: 80 }, (_, n) => gateway.write(create(from + n))));
      await creations(0);
      const { maxBatchNow, requests } = gateway.stats();
      assert.ok(maxBatchNow <= 30 && maxBatchNow >= 15, `${maxBatchNow}`);
      await creations(100);
      assert.equal(gateway.stats().requests - requests, Math.ceil(80 / maxBatchNow));
      assert.equal(sandbox.tasks.all().length, 160);
    });
  }

  it('unlearns nothing of what Fragment took before by a refusal that passes', async () => {
    await open();
    const creations = (from: number, count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => gateway.write(create(from + n))));
    await creations(0, 80);
    sandbox.faults.add({ kind: 'status', status: 400, times: 1, match: { path: '/tasks/batch' } });
    await creations(100, 2);
    assert.equal(gateway.stats().maxBatchNow, 100);
    sandbox.faults.add({ kind: 'status', status: 400, times: 1, match: { path: '/tasks/batch' } });
    await creations(200, 100);
    assert.equal(gateway.stats().maxBatchNow, 80);
  });

  it('sends a task that Fragment refused before alone, so that it spoils no batch again', async () => {
    await open();
    const untitled = { uid: uid('bad'), kind: 'create' as const, body: { fields: {} } };
    await assert.rejects(gateway.write(untitled), FragmentRejectedError);
    const before = gateway.stats().requests;
    const settled = await Promise.allSettled([
      gateway.write(untitled),
      ...[1, 2, 3].map((n) => gateway.write(create(n))),
    ]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
    assert.equal(gateway.stats().requests - before, 2);
  });

  it('sends nothing while it may not, and everything once it may', async () => {
    await open();
    let allowed = false;
    gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, maySend: () => allowed });
    const write = gateway.write(create(1));
    while (gateway.stats().oldestWaitMs < 300) await tick();
    assert.equal(gateway.stats().requests, 0);
    allowed = true;
    assert.equal((await write).status, 'TODO');
  });

  it('tells whoever waits when it is closed', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 429, retryAfter: 60, times: 1 });
    const waiting = gateway.write(create(1));
    while (gateway.stats().s429 === 0) await tick();
    gateway.close();
    await assert.rejects(waiting, /closed before the request was sent/);
    await assert.rejects(gateway.write(create(2)), /the gateway is closed/);
  });

  it('looks before it repeats a creation whose answer was lost, and undoes nothing that a person did since', async () => {
    await open({ putResetsStatus: true });
    sandbox.faults.add({ kind: 'lost-answer', times: 1, match: { method: 'PUT' } });
    const writes = [gateway.write(create('a')), gateway.write(create('b'))];
    while (!sandbox.tasks.get(uid('a'))) await new Promise((resolve) => setTimeout(resolve, 1));
    sandbox.tasks.apply('PATCH', { uid: uid('a'), status: 'DONE' }, 'a person');
    const [a, b] = await Promise.all(writes);
    assert.deepEqual([a?.status, b?.status], ['DONE', 'TODO']);
    assert.equal(sandbox.tasks.all().length, 2);
  });

  it('takes a 403 for one task as a refusal of that task, while Fragment still knows the token', async () => {
    await open();
    await Promise.all([gateway.write(create(1)), gateway.write(create(2))]);
    const closed = (n: number) => ({ uid: uid(n), kind: 'update' as const, body: { status: 'DONE' as const } });
    for (const path of ['/tasks/batch', `/tasks/${uid(1)}`]) {
      sandbox.faults.add({ kind: 'status', status: 403, match: { method: 'PATCH', path } });
    }
    const [first, second] = await Promise.allSettled([gateway.write(closed(1)), gateway.write(closed(2))]);
    assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
    assert.ok((first as PromiseRejectedResult).reason instanceof FragmentRejectedError);
    assert.equal(gateway.stats().pauses, 0);
  });

  it('64: pauses at a 403 while Fragment does not know the token, and fails no write', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 403, times: 2 });
    assert.equal((await gateway.write(create(1))).status, 'TODO');
    assert.equal(gateway.stats().pauses, 1);
  });

  it('64: pauses while the token is revoked, and loses nothing: what waited is written with the next one', async () => {
    await open();
    const revoked = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 'revoked', userAgent: 'test/0' });
    gateway = new Gateway({ client: revoked, requestsPerMinute: 6_000, maxBatch: 100, backoffMs: 20 });
    const write = gateway.write(create(1));
    while (gateway.stats().pauses === 0) await tick();
    const { requests, waiting, pausedMs } = gateway.stats();
    assert.deepEqual([requests, waiting], [1, 1]);
    assert.ok(pausedMs >= 600, `${pausedMs}`);
    revoked.putTask = (...asked) => client.putTask(...asked);
    assert.equal((await write).status, 'TODO');
    assert.equal(sandbox.tasks.all().length, 1);
  });

  it('counts the requests that had no usable answer in a row: a refusal is one that had', async () => {
    await open();
    const write = () => gateway.write({ uid: uid('nobody'), kind: 'update', body: { status: 'DONE' } });
    sandbox.faults.add({ kind: 'status', status: 503, times: 1_000 });
    const refused = write().catch((error: unknown) => error);
    while (gateway.stats().unanswered < 2) await tick();
    sandbox.faults.clear();
    assert.ok((await refused) instanceof FragmentRejectedError);
    assert.equal(gateway.stats().unanswered, 0);
  });

  it('sends alone what Fragment did not answer for, though others wait', async () => {
    await open({ batchAtomicity: 'best-effort' });
    await gateway.write(create(1));
    const closing = { uid: uid('unknown'), kind: 'update' as const, body: { status: 'DONE' as const } };
    // Company at every turn: only a write that is kept apart ever finds out.
    const company = async () => {
      for (let turn = 0; turn < 100; turn += 1) {
        await gateway.write({ uid: uid(1), kind: 'update', body: { fields: { title: 'task 1', turn } } });
      }
      throw new Error('it went round and round with the others');
    };
    await assert.rejects(Promise.race([gateway.write(closing), company()]), FragmentRejectedError);
  });

  it('leaves a task with whoever took it, though its creation and an update were one request that got no answer', async () => {
    await open({ putResetsStatus: true });
    sandbox.faults.add({ kind: 'lost-answer', times: 1, match: { method: 'PUT' } });
    const writes = [
      gateway.write(create('m')),
      gateway.write({ uid: uid('m'), kind: 'update', body: { due_at: '2030-01-01T00:00:00Z' } }),
    ];
    while (!sandbox.tasks.get(uid('m'))) await new Promise((resolve) => setTimeout(resolve, 1));
    sandbox.tasks.apply('PATCH', { uid: uid('m'), status: 'STARTED' }, 'a person');
    const [, updated] = await Promise.all(writes);
    assert.equal(updated?.status, 'STARTED');
    assert.equal(sandbox.stats().byEndpoint['PUT /tasks/:uid'], 1);
  });

  it('62, 63: waits out 429, 5xx and a dropped connection without failing a write', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 429, retryAfter: 1, times: 1 });
    sandbox.faults.add({ kind: 'status', status: 503, html: true, times: 1 });
    sandbox.faults.add({ kind: 'drop', times: 1 });
    assert.equal((await gateway.write(create(1))).status, 'TODO');
    assert.equal(gateway.stats().s429, 1);
  });

  it('62: waits as long as the Retry-After of a 429 says, not the minute of one that says nothing', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 429, retryAfter: 1, times: 1 });
    await gateway.write(create(1));
    const { pauses, pausedMs } = gateway.stats();
    assert.equal(pauses, 1);
    // The minute is 60 units of 20 ms.
    assert.ok(pausedMs >= 1_000 && pausedMs <= 1_150, `${pausedMs}`);
  });

  it('takes back a write that waits when its caller gives up', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 503, times: 1 });
    const abort = new AbortController();
    const write = gateway.write(create(1), abort.signal);
    abort.abort(new Error('shutting down'));
    await assert.rejects(write, /shutting down/);
    assert.equal(gateway.stats().waiting, 0);
    // Nothing is in the way of it any more, should it be sent all the same.
    sandbox.faults.clear();
    await gateway.write(create(2));
    assert.deepEqual(
      sandbox.tasks.all().map((task) => task.uid),
      [uid(2)],
    );
  });

  it('takes back a reading of many that still waits', async () => {
    await open();
    sandbox.faults.add({ kind: 'status', status: 503, times: 1 });
    const abort = new AbortController();
    await assert.rejects(gateway.readMany([uid(1), uid(2)]));
    const reading = gateway.readMany([uid(1), uid(2)], { signal: abort.signal });
    abort.abort(new Error('shutting down'));
    await assert.rejects(reading, /shutting down/);
    assert.equal(gateway.stats().waiting, 0);
  });

  for (const [query, patchUidOnly, way] of [
    ['honour', 'allow', 'query'],
    ['refuse', 'allow', 'empty-patch'],
    ['ignore-condition', 'allow', 'empty-patch'],
    ['refuse', '422', 'one-by-one'],
  ] as const) {
    it(`reads many tasks by the way that the server honours: ${way} (query: ${query})`, async () => {
      await open({ query, patchUidOnly });
      await Promise.all([1, 2, 3, 4].map((n) => gateway.write(create(n))));
      const found = await gateway.readMany([uid(1), uid(3)]);
      assert.deepEqual(new Set(found.map((task) => task.uid)), new Set([uid(1), uid(3)]));
      assert.equal(gateway.stats().readWay, way);
    });
  }

  it('takes an answer that lacked tasks once for no limit of the server', async () => {
    await open();
    const uids = Array.from({ length: 40 }, (_, n) => uid(n));
    await Promise.all(uids.map((_, n) => gateway.write(create(n))));
    const query = client.queryTasks.bind(client);
    client.queryTasks = async (asked) => {
      client.queryTasks = query;
      const { items, nextCursor } = await query(asked);
      return { items: items.slice(0, 3), nextCursor };
    };
    assert.equal((await gateway.readMany(uids)).length, 40);
    const { requests } = gateway.stats();
    assert.equal((await gateway.readMany(uids)).length, 40);
    assert.equal(gateway.stats().requests - requests, 1);
  });

  it('keeps to the batch of uids where none of the tasks is there any more', async () => {
    await open({ query: 'refuse', batchAtomicity: 'best-effort' });
    assert.deepEqual(await gateway.readMany([uid(1), uid(2)]), []);
    assert.equal(gateway.stats().readWay, 'empty-patch');
  });

  it('and gives it up where tasks that are there are not answered', async () => {
    await open({ query: 'refuse' });
    await Promise.all([gateway.write(create(1)), gateway.write(create(2))]);
    client.patchTasks = () => Promise.resolve([]);
    assert.equal((await gateway.readMany([uid(1), uid(2)])).length, 2);
    assert.equal(gateway.stats().readWay, 'one-by-one');
  });

  it('spends little more than a request for each on uids that refuse the batch, and few on one among many', async () => {
    await open({ query: 'refuse', batchAtomicity: 'all-or-nothing' });
    const uids = Array.from({ length: 64 }, (_, n) => uid(n));
    await Promise.all(uids.map((_, n) => gateway.write(create(n))));
    await gateway.readMany(uids);
    const cost = async (asked: string[], found: number) => {
      const { requests } = gateway.stats();
      assert.equal((await gateway.readMany(asked)).length, found);
      return gateway.stats().requests - requests;
    };
    const unknown = await cost(
      uids.map((_, n) => uid(`gone ${n}`)),
      0,
    );
    assert.ok(unknown <= 1.5 * uids.length, `${unknown}`);
    const one = await cost([...uids.slice(1), uid('gone')], uids.length - 1);
    assert.ok(one <= 14, `${one}`);
    assert.equal(gateway.stats().readWay, 'empty-patch');
  });

  it('tries again after ten minutes a way of reading that was refused', async () => {
    await open({ query: 'refuse', patchUidOnly: '422' });
    await Promise.all([gateway.write(create(1)), gateway.write(create(2))]);
    let later = 0;
    const clock = { now: () => performance.now() + later, sleep: (ms: number) => sleep(ms) };
    gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, clock });
    await gateway.readMany([uid(1), uid(2)]);
    sandbox.behaviour.query = 'honour';
    await gateway.readMany([uid(1), uid(2)]);
    assert.equal(gateway.stats().readWay, 'one-by-one');
    later = 600_001;
    await gateway.readMany([uid(1), uid(2)]);
    assert.equal(gateway.stats().readWay, 'query');
  });
});

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));
