/** Acceptance A: creation and identity. */
import assert from 'node:assert/strict';
import { Onboardings } from '../../client/index.js';
import { taskUid } from '../../fragment/uid.js';
import type { OnboardingResult } from '../../workflows/onboarding/contract.js';
import { acceptanceStage, type AcceptanceStage } from './stage.js';

describe('A. creation and identity', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  it('1. a creation that was carried out, though its answer got lost, is one task', async () => {
    on.stage.sandbox.faults.add({ match: { method: 'PUT' }, kind: 'lost-answer' });
    const claim = await on.start('a1');
    const entry = await claim.at('data_entry');
    assert.deepEqual(
      claim.tasks().map(({ uid }) => uid),
      [entry.uid],
    );
    const { history = [] } = on.stage.sandbox.tasks.detail(String(entry.uid)) ?? {};
    assert.equal(history.filter(({ what }) => what === 'created').length, 1);
  });

  it('2. a task that exists already when it is created is taken as it is', async () => {
    const uid = taskUid('claim#a2#data_entry#1');
    on.stage.sandbox.tasks.apply('PUT', { uid, fields: { title: 'Of an earlier attempt' } });
    const claim = await on.start('a2');
    assert.equal((await claim.at('data_entry')).uid, uid);
    assert.equal((await claim.state()).needsAttention, undefined);
    assert.deepEqual(claim.open(), [uid]);
  });

  it('5. the same claim started twice at once is one process', async () => {
    const start = () => on.claims.start({ id: 'a5', total: { amount: 80_000, currency: 'USD' } });
    await Promise.all([start(), start(), start()]);
    const claim = await on.start('a5');
    const entry = await claim.at('data_entry');
    const { history = [] } = on.stage.sandbox.tasks.detail(String(entry.uid)) ?? {};
    assert.equal(history.filter(({ what }) => what === 'created').length, 1);
    await claim.finish(entry);
    await claim.at('review');
    assert.equal(claim.tasks().length, 2);
  });

  it('3. a task that is DONE already when it is created is an answer, not waited for', async function () {
    const { sandbox } = on.stage;
    // Such a server forgets what was done where nobody looks first: the stage does not, a deployment that says so does.
    if (sandbox.behaviour.putResetsStatus) this.skip();
    const uid = taskUid('claim#a3#data_entry#1');
    sandbox.tasks.apply('PUT', { uid, status: 'DONE', fields: { title: 'Of an earlier life' } }, 'ada@example.com');
    const claim = await on.start('a3');
    await claim.at('review');
    assert.deepEqual(await claim.audited(), ['data_entry: done']);
  });

  it('4. each step of a claim has a task of its own', async () => {
    const claim = await on.start('a4');
    await claim.through('data_entry', 'review', 'approval');
    const { tasks } = await claim.result();
    const uids = ['data_entry', 'review', 'approval', 'payment'].map((step) => claim.uid(step));
    assert.deepEqual(tasks, uids);
    assert.equal(new Set(uids).size, 4);
  });

  it('6. rework is a new task, which says what the round before asked for', async () => {
    const claim = await on.start('a6');
    await claim.through('data_entry');
    await claim.finish(await claim.at('review'), { decision: 'request_info', note: 'the invoice is missing' });
    const second = await claim.at('data_entry', 'waiting', 2);
    assert.notEqual(second.uid, claim.uid('data_entry', 1));
    assert.equal(second.uid, claim.uid('data_entry', 2));
    assert.match(claim.comments(second), /Round 2: the invoice is missing/);
    assert.equal(claim.task(second).fields.round, 2);
  });

  it('8. a creation that is refused is parked, asked for once, and goes on when an operator retries', async () => {
    const { faults } = on.stage.sandbox;
    const taken = faults.taken;
    faults.add({ match: { method: 'PUT' }, kind: 'status', status: 422 });
    const claim = await on.start('a8');
    await claim.at('data_entry', 'parked');
    const { needsAttention } = await claim.state();
    assert.match(needsAttention ?? '', /^data_entry: Fragment refused the task: .*422/);
    assert.equal(faults.taken, taken + 1);
    await on.claims.retry('a8', { by: 'olga', reason: 'the queue exists now' });
    await claim.at('data_entry');
    assert.equal((await claim.state()).needsAttention, undefined);
  });

  for (const unknownAssignee of ['422', 'ignore'] as const) {
    it(`9. an e-mail that is nobody's leaves the task unassigned, and the claim alive (${unknownAssignee})`, async () => {
      const { behaviour } = on.stage.sandbox;
      const before = behaviour.unknownAssignee;
      try {
        behaviour.unknownAssignee = unknownAssignee;
        const claim = await on.start(`a9-${unknownAssignee}`);
        const step = await claim.at('data_entry');
        claim.change(step, { assignee_email: 'ada@example.com' });
        await on.claims.reassign(claim.id, { email: 'nobody@unknown.example', reason: 'holiday', by: 'olga' });
        assert.match(claim.comments(step), /holiday.*unassigned.*nobody@unknown\.example/);
        if (behaviour.nullClears === 'clear') assert.equal(claim.task(step).assignee_uid, null);
        await claim.finish(step);
        await claim.at('review');
      } finally {
        behaviour.unknownAssignee = before;
      }
    });
  }

  describe('of many tasks at once', () => {
    const onboard = (userId: string, tasks: unknown[]) =>
      on.stage.temporal.workflow.start('onboarding', {
        workflowId: `onboarding-${userId}`,
        taskQueue: 'processes',
        args: [{ userId, tasks }],
      });
    const task = (key: string) => ({ key, title: `Task ${key}`, fields: { seats: 3 } });

    it('10. one task that Fragment refuses costs itself alone, and is named with the reason', async () => {
      const { behaviour } = on.stage.sandbox;
      const before = behaviour.missingTitle;
      const bad = { key: 'bad', title: 7 };
      let result: OnboardingResult;
      try {
        behaviour.missingTitle = '422';
        const handle = await onboard('a10', [task('one'), bad, task('two')]);
        result = (await handle.result()) as OnboardingResult;
      } finally {
        behaviour.missingTitle = before;
      }
      const { tasks, refused } = result;
      const uid = (key: string) => taskUid(`onboarding#a10#${key}`);
      assert.deepEqual(tasks, [
        { key: 'one', uid: uid('one') },
        { key: 'two', uid: uid('two') },
      ]);
      assert.deepEqual(
        refused.map((each) => [each.key, each.uid]),
        [['bad', uid('bad')]],
      );
      assert.match(refused[0]?.reason ?? '', /422/);
      assert.equal(on.stage.sandbox.tasks.get(uid('one'))?.fields.title, 'Task one');
      assert.equal(on.stage.sandbox.tasks.get(uid('bad')), undefined);
    });

    it('10. where Fragment refuses all of them, the process fails with the reason', async () => {
      const { behaviour, tasks } = on.stage.sandbox;
      const before = behaviour.missingTitle;
      try {
        behaviour.missingTitle = '422';
        await onboard('a10-none', [
          { key: 'one', title: 7 },
          { key: 'two', title: 7 },
        ]);
        await assert.rejects(new Onboardings(on.stage.temporal).result('a10-none'), {
          name: 'OnboardingFailedError',
          message: /^onboarding a10-none: no task was created: .*422/,
        });
      } finally {
        behaviour.missingTitle = before;
      }
      for (const key of ['one', 'two']) assert.equal(tasks.get(taskUid(`onboarding#a10-none#${key}`)), undefined);
    });

    it('11. no task at all asks nothing of anybody', async () => {
      const { writes } = on.stage.gateway.stats();
      const handle = await onboard('a11-none', []);
      assert.deepEqual(await handle.result(), { userId: 'a11-none', tasks: [], refused: [] });
      const { events } = await handle.fetchHistory();
      assert.equal(
        events?.some((event) => event.activityTaskScheduledEventAttributes),
        false,
      );
      // The feed may have looked in the meantime, as often as it had time to; nothing was written.
      assert.equal(on.stage.gateway.stats().writes, writes);
    });

    it('11. the same task twice is one', async () => {
      const handle = await onboard('a11-twice', [task('same'), task('other'), { ...task('same'), title: 'The last' }]);
      const { tasks } = (await handle.result()) as OnboardingResult;
      assert.deepEqual(
        tasks.map(({ key }) => key),
        ['same', 'other'],
      );
      assert.equal(on.stage.sandbox.tasks.get(taskUid('onboarding#a11-twice#same'))?.fields.title, 'The last');
    });

    it('34. what was written before an answer got lost is not written again', async () => {
      const { sandbox } = on.stage;
      sandbox.faults.add({ match: { method: 'PUT', path: '/tasks/batch' }, kind: 'lost-answer' });
      const handle = await onboard('a34', [task('one'), task('two')]);
      const { tasks } = (await handle.result()) as OnboardingResult;
      // Where nothing touches like a look (an empty PATCH) or a repeat (lists lag behind), it changes nothing and is no write.
      const { noopTouches, query, listLag } = sandbox.behaviour;
      const isTouch = (what: string) => what === 'updated' && noopTouches && (query !== 'honour' || listLag > 0);
      const changes = tasks.map(({ uid }) => sandbox.tasks.detail(uid)?.history.map(({ what }) => what));
      const writes = changes.map((all) => all?.filter((what) => !isTouch(what)));
      assert.deepEqual(writes, [['created'], ['created']]);
    });

    it('10. fifty tasks are one call: 6 events, an eighth of one for each', async () => {
      const batches = () => on.stage.sandbox.stats().byEndpoint['PUT /tasks/batch'] ?? 0;
      const before = batches();
      const handle = await onboard(
        'a10-fifty',
        Array.from({ length: 50 }, (_, at) => task(`t${at}`)),
      );
      assert.equal(((await handle.result()) as OnboardingResult).tasks.length, 50);
      const { events } = await handle.fetchHistory();
      // The start and its decision are four events, the end is one: a process has those whatever it does.
      assert.equal((events?.length ?? 0) - 5, 6);
      const { maxBatch } = on.stage.sandbox.behaviour;
      if (maxBatch >= 50) assert.equal(batches() - before, 1);
    });
  });
});
