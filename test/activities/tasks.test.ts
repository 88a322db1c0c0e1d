import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createTaskActivities, type TaskActivities } from '../../activities/tasks.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';

const uid = taskUid('task activities#1');

describe('the activities on tasks', () => {
  let sandbox: Sandbox;
  let client: FragmentClient;
  let gateway: Gateway;
  let activities: TaskActivities;
  beforeEach(async () => {
    sandbox = await startSandbox({ token: 't', team: false, behaviour: { rateLimit: 10_000 } });
    client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
    gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, backoffMs: 20 });
    activities = createTaskActivities({ gateway, client, parseAnswer: () => ({ answer: {} }) });
    sandbox.tasks.apply('PUT', { uid, fields: { title: 'a task' } });
  });
  afterEach(async () => {
    gateway.close();
    await sandbox.close();
  });

  const run = <T>(work: () => Promise<T>) =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run<[], T, () => Promise<T>>(work);
  const status = () => sandbox.tasks.get(uid)?.status;

  it('take no task from people who are done with it, though two are taken at once and a search is behind', async () => {
    const uids = [uid, taskUid('task activities#2')];
    for (const each of uids) sandbox.tasks.apply('PUT', { uid: each, fields: { title: 'a task' }, status: 'DONE' });
    client.queryTasks = async () => ({
      items: uids.map((each) => ({ uid: each, status: 'TODO', fields: {} })),
      nextCursor: undefined,
    });
    const taken = uids.map((each) =>
      run(() => activities.takeTask({ uid: each, process: 'claim', step: 'payment', comment: 'tried again' })),
    );
    const news = await Promise.all(taken);
    assert.deepEqual(
      [news.map((each) => each?.status), uids.map((each) => sandbox.tasks.get(each)?.status)],
      [
        ['DONE', 'DONE'],
        ['DONE', 'DONE'],
      ],
    );
  });

  it('open no finished task again on a server whose PUT would, once they are told', async () => {
    sandbox.behaviour.putResetsStatus = true;
    const open = (looksFirst: boolean) => {
      const told = createTaskActivities({ gateway, client, looksFirst, parseAnswer: () => ({ answer: {} }) });
      const task = {
        key: 'task activities#1',
        process: 'claim',
        step: 'review',
        round: 1,
        fields: { title: 'a task' },
      };
      return run(() => told.openTask(task));
    };
    sandbox.tasks.apply('PATCH', { uid, status: 'DONE' });
    assert.deepEqual([(await open(true)).status, status()], ['DONE', 'DONE']);
    assert.deepEqual([(await open(false)).status, status()], ['TODO', 'TODO']);
  });

  it('give back no answer that a person corrected before the giving back was repeated', async () => {
    const doneAt = sandbox.tasks.apply('PATCH', { uid, status: 'DONE' }).done_at ?? undefined;
    await pause(5);
    sandbox.faults.add({ kind: 'lost-answer', match: { path: '/tasks/:uid' } });
    let corrected = false;
    sandbox.tasks.subscribe((task, { by }) => {
      if (by !== 'api' || task.status !== 'TODO' || corrected) return;
      corrected = true;
      sandbox.tasks.apply('PATCH', { uid, status: 'DONE', form_data: { decision: 'approve' } }, 'ann@example.com');
    });
    await run(() => activities.setTaskStatus({ uid, from: 'DONE', to: 'TODO', doneAt, comment: 'choose a decision' }));
    assert.ok(corrected);
    assert.equal(status(), 'DONE');
  });

  describe('of a task that is done', () => {
    const back = () => activities.setTaskStatus({ uid, from: 'DONE', to: 'TODO', comment: 'once more' });
    const step = { process: 'claim', step: 'review', round: 1, fields: { title: 'a task', step: 'review', round: 1 } };
    const move = () => activities.moveTask({ ...step, uid });
    const refused = ({ type }: { type?: string }) => type === 'FragmentRejected';
    beforeEach(() => sandbox.tasks.apply('PATCH', { uid, status: 'DONE' }));

    it('say where Fragment opens none again that it is not given back, nor moved on', async () => {
      sandbox.behaviour.reopening = '422';
      await assert.rejects(run(back), refused);
      await assert.rejects(run(move), refused);
      sandbox.behaviour.reopening = 'ignore';
      assert.equal(await run(back), false);
      assert.deepEqual(sandbox.tasks.detail(uid)?.comments, []);
      await assert.rejects(run(move), refused);
    });

    it('say where Fragment takes no form_data of a task without a form that it is not moved on', async () => {
      sandbox.behaviour.formDataWithoutForm = '422';
      await assert.rejects(run(move), refused);
      assert.equal(status(), 'DONE');
      assert.equal(await run(back), true);
    });

    it('take what was done before the move was asked for no answer to it, though its fields have been moved', async () => {
      sandbox.behaviour.reopening = 'ignore';
      sandbox.tasks.apply('PATCH', { uid, fields: step.fields });
      const again = new MockActivityEnvironment(
        { attempt: 2, scheduledTimestampMs: Date.now() + 1 },
        { logger: new DefaultLogger('ERROR') },
      );
      await assert.rejects(again.run(move), refused);
    });

    it('take one for moved that people did before the answer to the move was repeated', async () => {
      sandbox.faults.add({ kind: 'lost-answer', match: { path: '/tasks/:uid' } });
      let done = false;
      sandbox.tasks.subscribe((task, { by }) => {
        if (by !== 'api' || task.status !== 'TODO' || done) return;
        done = true;
        sandbox.tasks.apply('PATCH', { uid, status: 'DONE' }, 'ann@example.com');
      });
      assert.equal((await run(move)).status, 'DONE');
      assert.ok(done);
    });
  });

  it('fail for good at what may not be sent, as at a refusal', async () => {
    await assert.rejects(
      run(() => activities.setTaskDue({ uid, due: 'tomorrow' })),
      (error: ApplicationFailure) => error.type === 'FragmentRejected' && error.nonRetryable === true,
    );
    assert.equal(await run(() => activities.reassignTask({ uid, email: 'ann', comment: 'yours' })), 'unassigned');
  });

  describe('where Fragment refuses the comment', () => {
    beforeEach(() => sandbox.faults.add({ kind: 'status', status: 422, match: { path: '/tasks/:uid/comments' } }));
    afterEach(() => assert.deepEqual(sandbox.faults.waiting, [], 'it was made'));

    it('have closed the task', async () => {
      await run(() => activities.closeTask({ uid, comment: 'through' }));
      assert.equal(status(), 'DONE');
    });

    it('have given it back', async () => {
      sandbox.tasks.apply('PATCH', { uid, status: 'DONE' });
      await run(() => activities.setTaskStatus({ uid, from: 'DONE', to: 'TODO', comment: 'once more' }));
      assert.equal(status(), 'TODO');
    });

    it('have given it to another person', async () => {
      const reassigned = () => activities.reassignTask({ uid, email: 'ann@example.com', comment: 'yours' });
      assert.equal(await run(reassigned), 'assigned');
    });
  });
});
