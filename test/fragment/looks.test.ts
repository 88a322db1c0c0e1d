import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { FragmentRejectedError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, healthy, type Fault } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;
const BATCH = 10;

describe('Writes whose tasks are looked at first', () => {
  let clock: VirtualClock;
  let server: FaultyServer;
  let gateway: Gateway;
  let abort: AbortController;

  let uids: string[];

  function open({ tasks = BATCH, faults = [] }: { tasks?: number; faults?: Fault[] } = {}): void {
    uids = Array.from({ length: tasks }, (_, n) => taskUid(`looks#${n}`));
    clock = new VirtualClock();
    server = new FaultyServer(clock, { ...healthy(LIMIT), faults });
    for (const uid of uids) server.tasks.set(uid, { uid, status: 'TODO' });
    gateway = new Gateway({ client: server, requestsPerMinute: LIMIT, maxBatch: BATCH, clock });
    abort = new AbortController();
    setMaxListeners(0, abort.signal);
  }
  afterEach(() => gateway.close());

  const closeAll = (unsure = true) =>
    Promise.allSettled(
      uids.map((uid) =>
        gateway.write(
          { uid, kind: 'update', body: { status: 'DONE' }, unsure, stillNeeded: (task) => task?.status !== 'DONE' },
          abort.signal,
        ),
      ),
    );
  async function abortOnce(reached: () => boolean): Promise<void> {
    while (!reached()) await clock.sleep(10);
    abort.abort(new Error('cancelled'));
  }
  const reasons = (settled: PromiseSettledResult<unknown>[]) =>
    settled.map((each) => (each.status === 'rejected' ? (each.reason as Error).message : 'written'));

  it('are not sent where their caller gives up during the look', async () => {
    open();
    const [settled] = await clock.run(Promise.all([closeAll(), abortOnce(() => server.arrivals.length === 1)]));
    assert.deepEqual(reasons(settled), Array(BATCH).fill('cancelled'));
    assert.deepEqual([server.arrivals.length, server.changes.length], [1, 0]);
    assert.equal(gateway.stats().waiting, 0);
  });

  it('are not sent again where their caller gives up while they are turned away', async () => {
    open({ faults: ['429'] });
    const [settled] = await clock.run(Promise.all([closeAll(false), abortOnce(() => server.arrivals.length === 1)]));
    assert.deepEqual(reasons(settled), Array(BATCH).fill('cancelled'));
    assert.equal(server.arrivals.length, 1);
  });

  it('are seen to wait, and for how long, while their looks wait for requests', async () => {
    const looks = 3;
    open({ tasks: looks * BATCH });
    const closing = closeAll();
    // One token is there by then: all the looks are asked for, and one is under way.
    await clock.run(clock.sleep(1_120));
    assert.equal(server.arrivals.length, 1);
    const { waiting, oldestWaitMs } = gateway.stats();
    assert.equal(waiting, uids.length + looks - 1, 'all the writes, and the looks that wait');
    assert.equal(oldestWaitMs, 1_120);
    await clock.run(closing);
    assert.deepEqual([gateway.stats().waiting, gateway.stats().oldestWaitMs], [0, 0]);
  });

  it('are not sent to a task that Fragment refuses to show, and the others are', async () => {
    open();
    const [hidden] = uids as [string];
    server.queryTasks = async () => {
      throw new FragmentRejectedError('422', 'query', 422);
    };
    server.patchTasks = async () => {
      throw new FragmentRejectedError('422', 'batch', 422);
    };
    const getTask = server.getTask.bind(server);
    server.getTask = async (uid) => {
      if (uid === hidden) throw new FragmentRejectedError('422: not yours', `GET /tasks/${uid}`, 422);
      return getTask(uid);
    };
    for (const uid of uids) server.tasks.set(uid, { uid, status: 'TODO' });
    const writes = uids.map((uid) =>
      gateway.write({ uid, kind: 'create', body: { fields: { title: 'T' } }, unsure: true, stillNeeded: () => true }),
    );
    const settled = await clock.run(Promise.allSettled(writes));
    assert.deepEqual(reasons(settled), ['422: not yours', ...Array(BATCH - 1).fill('written')]);
    assert.equal(server.puts.get(hidden), undefined);
  });
});
