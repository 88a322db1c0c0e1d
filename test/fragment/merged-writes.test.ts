import assert from 'node:assert/strict';
import { FragmentRejectedError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import type { Task, TaskWrite } from '../../fragment/schema.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, healthy, type Fault } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;
const uid = taskUid('merged#1');

describe('Writes of one task that were sent as one', () => {
  let clock: VirtualClock;
  let server: FaultyServer;
  let gateway: Gateway;

  /** With the task as it stands before the writes. */
  function open(task: Omit<Task, 'uid'>, ...faults: Fault[]): void {
    clock = new VirtualClock();
    server = new FaultyServer(clock, { ...healthy(LIMIT), faults });
    server.tasks.set(uid, { uid, ...task });
    gateway = new Gateway({ client: server, requestsPerMinute: LIMIT, maxBatch: 10, clock });
  }
  afterEach(() => gateway.close());

  const update = (body: TaskWrite, done: (task: Task) => boolean) =>
    gateway.write({ uid, kind: 'update', body, stillNeeded: (task) => !task || !done(task) });
  const toStatus = (status: 'TODO' | 'STARTED' | 'DONE') => update({ status }, (task) => task.status === status);

  it('end in the newest, where the answer is lost: the older is not sent over it', async () => {
    open({ status: 'TODO' }, 'lost-answer');
    await clock.run(Promise.all([toStatus('STARTED'), toStatus('DONE')]));
    assert.deepEqual(
      server.changes.map(({ status }) => status),
      ['DONE'],
    );
  });

  it('are each judged alone where they say different things: a request that was not applied is made up for', async () => {
    open({ status: 'TODO', fields: { version: 1 } }, '500');
    const fields = update({ fields: { version: 2 } }, (task) => task.fields?.version === 2);
    await clock.run(Promise.all([fields, toStatus('TODO')]));
    assert.equal(server.tasks.get(uid)?.fields?.version, 2);
  });

  describe('where Fragment refuses what one of them says', () => {
    const assign = () => update({ assignee_email: 'nobody@example.com' }, () => false);
    beforeEach(() => refusing());
    function refusing(...faults: Fault[]): void {
      open({ status: 'TODO' }, ...faults);
      const { patchTask, patchTasks } = server;
      const acceptable = (body: TaskWrite) => {
        // A fault of the first request comes before it is read.
        if (body.assignee_email && server.arrivals.length >= Math.min(1, faults.length))
          throw new FragmentRejectedError('unknown person', 'PATCH', 422);
      };
      server.patchTask = async (...args) => (acceptable(args[1]), patchTask(...args));
      server.patchTasks = async (items) => (items.forEach(acceptable), patchTasks(items));
    }
    const outcomes = async (...writes: Promise<Task>[]) =>
      (await clock.run(Promise.allSettled(writes))).map(({ status }) => status);

    it('let that one fail alone, and are sent in their order', async () => {
      assert.deepEqual(await outcomes(toStatus('STARTED'), assign(), toStatus('DONE')), [
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      assert.deepEqual(
        server.changes.map(({ status }) => status),
        ['STARTED', 'DONE'],
      );
      assert.equal(gateway.stats().requests, 4, 'all as one, then each by itself');
    });

    it('also out of a batch with other tasks, which they hold up no more than any refused write', async () => {
      const other = taskUid('merged#2');
      server.tasks.set(other, { uid: other, status: 'TODO' });
      const closing = gateway.write({ uid: other, kind: 'update', body: { status: 'DONE' } });
      assert.deepEqual(await outcomes(toStatus('DONE'), assign(), closing), ['fulfilled', 'rejected', 'fulfilled']);
      for (const each of [uid, other]) assert.equal(server.tasks.get(each)?.status, 'DONE');
      assert.equal(gateway.stats().maxBatchNow, 10);
    });

    it('and are looked at again like any other write, where a pause follows', async () => {
      refusing('500', 'none', '429');
      const taking = update({ status: 'STARTED' }, (task) => task.status !== 'TODO');
      const finished = async () => {
        while (gateway.stats().s429 === 0) await clock.sleep(10);
        server.touch(uid, (task) => ({ ...task, status: 'DONE' }));
      };
      const [[, assigned]] = await clock.run(Promise.all([Promise.allSettled([taking, assign()]), finished()]));
      assert.equal(assigned.status, 'rejected');
      assert.deepEqual(
        server.changes.map(({ status }) => status),
        ['DONE'],
      );
    });

    it('and are never under way together', async () => {
      let underWay = 0;
      let most = 0;
      const { patchTask } = server;
      server.patchTask = async (...args) => {
        underWay += 1;
        most = Math.max(most, underWay);
        return patchTask(...args).finally(() => (underWay -= 1));
      };
      // Tokens for all of them at once.
      await clock.run(clock.sleep(5_000));
      await outcomes(toStatus('STARTED'), assign(), toStatus('DONE'));
      assert.deepEqual([most, server.tasks.get(uid)?.status], [1, 'DONE']);
    });
  });
});
