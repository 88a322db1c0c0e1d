import assert from 'node:assert/strict';
import { FragmentClient } from '../../fragment/client.js';
import { FragmentUnavailableError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { startSandbox } from '../../sandbox/server.js';
import { FaultyServer, healthy } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const BAD = taskUid('crash#bad');

describe('A write that Fragment answers with 500, each time', () => {
  const clock = new VirtualClock();

  function opened(crashing: ReadonlySet<string>) {
    const server = new FaultyServer(clock, { ...healthy(60), crashing });
    return { server, gateway: new Gateway({ client: server, requestsPerMinute: 60, maxBatch: 100, clock }) };
  }

  const create = (gateway: Gateway, uid: string) =>
    gateway.write({ uid, kind: 'create', body: { fields: { title: 'T' } } });
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => assert.fail('it was acknowledged'),
      (error: unknown) => assert.ok(error instanceof FragmentUnavailableError),
    );

  it('is found among a hundred that came with it, and given back; the others are written', async () => {
    const { server, gateway } = opened(new Set([BAD]));
    const good = Array.from({ length: 99 }, (_, n) => create(gateway, taskUid(`crash#${n}`)));
    await clock.run(Promise.all([...good, refused(create(gateway, BAD))]));
    assert.equal(server.tasks.size, 99);
    // Two attempts together, then at most two requests for each halving of a hundred, and one look for every attempt.
    assert.ok(server.arrivals.length <= 40, `${server.arrivals.length} requests`);

    // Its caller comes back: it goes alone, and is given back at once.
    const before = server.batches.length;
    await clock.run(Promise.all([refused(create(gateway, BAD)), create(gateway, taskUid('crash#later'))]));
    assert.deepEqual(
      server.batches.slice(before).filter(({ uids }) => uids.includes(BAD)),
      server.batches.slice(before).filter(({ uids }) => uids.includes(BAD) && uids.length === 1),
    );
    assert.equal(server.batches.length - before, 2);
  });

  it('does not hold up what comes after it', async () => {
    const { gateway } = opened(new Set([BAD]));
    const bad = refused(create(gateway, BAD));
    const later = (async () => {
      for (let n = 0; n < 10; n += 1) {
        await clock.sleep(2_000);
        await create(gateway, taskUid(`crash#after#${n}`));
      }
    })();
    await clock.run(Promise.all([bad, later]));
  });

  it('fails for nobody while Fragment takes nothing at all, and costs little more when it is back', async () => {
    const uids = Array.from({ length: 100 }, (_, n) => taskUid(`crash#outage#${n}`));
    const crashing = new Set(uids);
    const { server, gateway } = opened(crashing);
    let recovered = 0;
    const outage = clock.sleep(300_000).then(() => {
      recovered = server.batches.length;
      crashing.clear();
    });
    await clock.run(Promise.all([outage, ...uids.map((uid) => create(gateway, uid))]));
    assert.equal(server.tasks.size, 100);
    assert.ok(recovered > 3, 'it was tried again and again');
    assert.ok(server.batches.length - recovered <= 3, `${server.batches.length - recovered} requests`);
    // And nothing was learnt from it of how many fit into a batch.
    assert.equal(gateway.stats().maxBatchNow, 100);
  });

  it('fails for nobody while updates alone are not taken, though looks show that others were', async () => {
    const uids = Array.from({ length: 40 }, (_, n) => taskUid(`crash#updates#${n}`));
    const { server, gateway } = opened(new Set());
    const others = Array.from({ length: 40 }, (_, n) => taskUid(`crash#others#${n}`));
    for (const uid of [...uids, ...others]) server.tasks.set(uid, { uid, status: 'TODO' });
    const patch = { tasks: server.patchTasks, task: server.patchTask };
    const down = async () => {
      throw new FragmentUnavailableError('500', 'request', 500);
    };
    Object.assign(server, { patchTasks: down, patchTask: down });
    const updates = uids.map((uid) => gateway.write({ uid, kind: 'update', body: { fields: { title: 'U' } } }));
    const found = (async () => {
      for (const uid of others) {
        await clock.sleep(5_000);
        await gateway.write({ uid, kind: 'create', body: { fields: { title: 'T' } }, unsure: true });
      }
      Object.assign(server, { patchTasks: patch.tasks, patchTask: patch.task });
    })();
    await clock.run(Promise.all([found, ...updates]));
  });

  it('costs nobody else over HTTP either', async () => {
    const sandbox = await startSandbox({ token: 't', team: false, behaviour: { rateLimit: 10_000 } });
    const client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
    const gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, backoffMs: 20 });
    try {
      sandbox.faults.add({ kind: 'status', status: 500, times: 'always', match: { uid: BAD } });
      const good = Array.from({ length: 30 }, (_, n) => create(gateway, taskUid(`crash#http#${n}`)));
      await Promise.all([...good, refused(create(gateway, BAD))]);
      assert.equal(sandbox.stats().openTasks, 30);
      sandbox.faults.clear();
      await create(gateway, BAD);
      assert.equal(sandbox.stats().openTasks, 31);
    } finally {
      gateway.close();
      await sandbox.close();
    }
  });
});
