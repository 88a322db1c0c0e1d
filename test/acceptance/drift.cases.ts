/** Acceptance E: drift and the other side. */
import assert from 'node:assert/strict';
import { until } from '../until.js';
import { acceptanceStage, type AcceptanceStage, type ClaimCase } from './stage.js';
import type { StepState } from '../../workflows/tasks/contract.js';

describe('E. drift and the other side', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  const takeAway = {
    deleted: (_: ClaimCase, { uid }: StepState) => void on.stage.sandbox.tasks.delete(String(uid), 'admin@example.com'),
    archived: (claim: ClaimCase, step: StepState) => claim.change(step, { archived: true }, 'admin@example.com'),
  };
  const reopened = (claim: ClaimCase, { uid }: StepState) =>
    until(() => {
      const task = on.stage.sandbox.tasks.get(String(uid));
      return task && !task.archived ? task : undefined;
    });
  /** What the process has asked of Fragment; the feed looks at tasks by itself. */
  const asked = async (claim: ClaimCase) => {
    const { events } = await claim.handle.fetchHistory();
    return events?.filter((event) => event.activityTaskScheduledEventAttributes).length;
  };

  for (const [number, absent, lifecycle] of [
    ['50', 'deleted', 'task-per-step'],
    ['50', 'deleted', 'single-task'],
    ['51', 'archived', 'task-per-step'],
    ['51', 'archived', 'single-task'],
  ] as const) {
    it(`${number}. an awaited task that was ${absent} is opened again, once; the second time it is parked (${lifecycle})`, async () => {
      const claim = await on.start(`e${number}-${lifecycle}`, { lifecycle });
      await claim.through('data_entry');
      const review = await claim.at('review');

      takeAway[absent](claim, review);
      await claim.news(review, { status: 'TODO', absent });
      const task = await reopened(claim, review);
      assert.deepEqual([task.status, task.fields.step], ['TODO', 'review']);
      await until(() => /is open again/.test(claim.comments(review)));
      assert.equal((await claim.state()).needsAttention, undefined);

      takeAway[absent](claim, review);
      await claim.news(review, { status: 'TODO', absent });
      await claim.at('review', 'parked');
      const { needsAttention = '' } = await claim.state();
      assert.match(
        needsAttention,
        new RegExp(`^review: its task was ${absent} a second time.*retry.*complete.*withdraw`),
      );

      // Whoever goes on saying so starts no loop.
      const before = await asked(claim);
      for (let again = 0; again < 5; again += 1) await claim.news(review, { status: 'TODO', absent });
      assert.equal((await claim.state()).steps.at(-1)?.status, 'parked');
      assert.equal(await asked(claim), before);

      await on.claims.retry(claim.id, { by: 'olga', reason: 'the clean-up job is off' });
      await reopened(claim, review);
      await claim.finish(await claim.at('review'), { decision: 'approve' });
      await claim.at('approval');
      assert.deepEqual(await claim.audited(), [
        'data_entry: done',
        `review: opened again: its task was ${absent}`,
        'review: parked',
        'review: retried',
        'review: approve',
      ]);
    });
  }

  it('50. a parked step whose task is gone is decided by the backend', async () => {
    const claim = await on.start('e50-complete');
    const entry = await claim.at('data_entry');
    for (const _ of [1, 2]) {
      takeAway.deleted(claim, entry);
      await claim.news(entry, { status: 'TODO', absent: 'deleted' });
      await until(async () => on.stage.sandbox.tasks.get(String(entry.uid)) ?? (await claim.state()).needsAttention);
    }
    await claim.at('data_entry', 'parked');
    await on.claims.complete(claim.id, { step: 'data_entry', by: 'ada' });
    await claim.at('review');
  });

  it('50. a hint that is wrong opens nothing again', async () => {
    const claim = await on.start('e50-hint');
    const entry = await claim.at('data_entry');
    const { writes } = on.stage.gateway.stats();
    await claim.news(entry, { status: 'TODO', absent: 'deleted' });
    await claim.news(entry, { status: 'TODO', absent: 'archived' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(on.stage.gateway.stats().writes, writes);
    await claim.finish(entry);
    await claim.at('review');
    assert.deepEqual(await claim.audited(), ['data_entry: done']);
  });

  it('51. a task that was finished and then archived is finished', async () => {
    const claim = await on.start('e51-done');
    const entry = await claim.at('data_entry');
    claim.change(entry, { status: 'DONE', archived: true });
    await claim.news(entry, { status: 'TODO', absent: 'archived' });
    await claim.at('review');
    assert.deepEqual(await claim.audited(), ['data_entry: done']);
  });

  it('50. a single task that was deleted between two steps is made anew for the next', async () => {
    const claim = await on.start('e50-between', { lifecycle: 'single-task' });
    const entry = await claim.at('data_entry');
    takeAway.deleted(claim, entry);
    await on.claims.complete(claim.id, { step: 'data_entry', by: 'ada' });
    const review = await claim.at('review');
    assert.equal(claim.task(review).fields.step, 'review');
  });

  it('60. a wait that is over takes no event from the next', async () => {
    const claim = await on.start('e60', { lifecycle: 'single-task' });
    const entry = await claim.at('data_entry');
    await on.claims.pause('e60', { reason: 'audit' });
    await claim.news(entry, { answer: {} });
    await claim.news(entry, { answer: {} });
    await on.claims.resume('e60', { reason: 'done' });
    // The task is the same one, and the second copy of the news is of the step before.
    const review = await claim.at('review');
    await claim.news(entry, { answer: {} });
    await claim.finish(review, { decision: 'approve' });
    await claim.at('approval');
    assert.equal(claim.task(review).status, 'TODO');
  });
});
