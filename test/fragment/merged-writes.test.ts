import assert from 'node:assert/strict';
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
});
