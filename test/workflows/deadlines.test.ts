import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { StepClock, type Deadline } from '../../workflows/tasks/deadline.js';
import { LIFECYCLES } from '../../workflows/tasks/contract.js';
import { HOUR, deadline, deadlines, spokeUp } from './deadline-policy.js';
import { setTimeSkippingStage, type TimeSkippingStage } from '../time-skipping-stage.js';

const reassigning = { deadlines: { ...deadlines, data_entry: { ...deadline, escalateTo: 'lead@example.com' } } };

describe('the deadlines of a step', function () {
  this.timeout(60_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  for (const lifecycle of LIFECYCLES) {
    it(`37: reminds, says that it is overdue, raises it to an operator, in this order and once each (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`order-${lifecycle}`, { lifecycle, policy: { deadlines } });
      await claim.at('data_entry');
      await stage.skip('19 hours');
      assert.deepEqual(await claim.comments('data_entry'), []);

      await stage.skip('2 hours');
      const { due } = (await claim.step())!;
      assert.deepEqual(await claim.comments('data_entry'), [`Reminder: due ${due}.`]);

      await stage.skip('4 hours');
      assert.equal((await claim.step())?.status, 'overdue');
      assert.equal((await claim.state()).needsAttention, undefined);

      await stage.skip('20 days');
      const state = await claim.state();
      assert.deepEqual(spokeUp(state, 'data_entry'), [
        ['remind', 20],
        ['overdue', 24],
        ['escalate', 48],
      ]);
      assert.match(state.needsAttention ?? '', /^data_entry is overdue since /);
      assert.equal((await claim.comments('data_entry')).length, 3);
    });
  }

  it('37: reassigns where the policy names to whom, and asks no operator', async () => {
    const claim = await stage.startClaim('reassigned', { policy: reassigning });
    const { uid } = await claim.at('data_entry');
    await stage.skip('3 days');
    assert.equal(stage.fragment.get(String(uid)).assignee_email, 'lead@example.com');
    const state = await claim.state();
    assert.deepEqual(spokeUp(state, 'data_entry').at(-1), ['escalate', 48]);
    assert.equal(state.needsAttention, undefined);
  });

  it('14, 44: a deadline that has passed leaves the task with the people, and their late answer counts', async () => {
    const claim = await stage.startClaim('late', { policy: { deadlines } });
    const { uid } = await claim.at('data_entry');
    await stage.skip('3 days');
    assert.equal(stage.fragment.get(String(uid)).status, 'TODO');
    await claim.finish('data_entry');
    await claim.at('review');
    assert.equal((await claim.state()).needsAttention, undefined);
  });

  it('38: says nothing more of a step that is done, on either side', async () => {
    const done = await stage.startClaim('quiet-done', { policy: { deadlines } });
    const completed = await stage.startClaim('quiet-completed', { policy: { deadlines } });
    await done.at('data_entry');
    await done.finish('data_entry');
    await completed.at('data_entry');
    await completed.complete({ step: 'data_entry' });
    for (const claim of [done, completed]) await claim.at('review');
    await stage.skip('2 days');
    for (const claim of [done, completed]) {
      const state = await claim.state();
      assert.deepEqual(spokeUp(state, 'data_entry'), []);
      // The next step's own deadlines are on time.
      assert.deepEqual(spokeUp(state, 'review')[0], ['remind', 20]);
    }
  });

  it('38: says nothing more of a claim that was withdrawn, nor of a step that was given up', async () => {
    const withdrawn = await stage.startClaim('quiet-withdrawn', { policy: { deadlines } });
    await withdrawn.at('data_entry');
    await withdrawn.withdraw();
    await withdrawn.result();

    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      if (activity !== 'openTask' || input.key !== 'claim#quiet-skipped#data_entry#1') return;
      throw ApplicationFailure.nonRetryable('no such queue', 'FragmentRejected');
    });
    const skipped = await stage.startClaim('quiet-skipped', { policy: { deadlines } });
    await skipped.at('data_entry', { status: 'parked' });
    await stage.skip('3 days');
    await skipped.skipStep();
    await skipped.at('review');
    stop();

    const before = stage.fragment.calls.length;
    await stage.skip('10 hours');
    assert.deepEqual(stage.fragment.calls.slice(before), []);
    assert.deepEqual(spokeUp(await skipped.state(), 'data_entry'), []);
  });

  it('49: one timer serves all steps; it is replaced where one is due sooner, and set anew where it came too early', async () => {
    const soon = { due: '3 hours', remindBefore: '1 hour' } as const;
    const claim = await stage.startClaim('timer', {
      total: { amount: 80_000, currency: 'USD' },
      policy: { deadlines: { ...deadlines, approval: soon } },
    });
    const timers = async () => {
      const { events } = await claim.handle.fetchHistory();
      const count = (kind: keyof NonNullable<typeof events>[number]) => events?.filter((event) => event[kind]).length;
      return [count('timerStartedEventAttributes'), count('timerCanceledEventAttributes')];
    };
    await claim.at('data_entry');
    await claim.finish('data_entry');
    await claim.at('review');
    assert.deepEqual(await timers(), [1, 0]);
    await claim.finish('review', { decision: 'approve' });
    await claim.at('approval');
    assert.deepEqual(await timers(), [2, 1]);
    await stage.skip('4 hours');
    assert.deepEqual(spokeUp(await claim.state()), [
      ['remind', 2],
      ['overdue', 3],
    ]);
    await claim.finish('approval', { decision: 'request_info', note: 'which clinic?' });
    await claim.at('data_entry', { round: 2 });
    await stage.skip('19 hours');
    await claim.finish('data_entry');
    await claim.at('review', { round: 2 });
    const before = (await timers())[0]!;
    await stage.skip('2 hours');
    assert.deepEqual(await timers(), [before + 1, 1]);
    await stage.skip('19 hours');
    assert.deepEqual(spokeUp(await claim.state(), 'data_entry'), []);
    assert.deepEqual(spokeUp(await claim.state(), 'review').length, 1);
  });

  it('39: the clock starts when the task exists, not while Fragment cannot be reached', async () => {
    let attempts = 0;
    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      if (activity !== 'openTask' || input.key !== 'claim#outage#data_entry#1' || (attempts += 1) > 1) return;
      throw ApplicationFailure.create({ message: 'no answer', nextRetryDelay: '30 hours' });
    });
    const claim = await stage.startClaim('outage', { policy: { deadlines } });
    await claim.until('the creation was tried', () => attempts === 1);
    await stage.skip('31 hours');
    stop();
    await claim.at('data_entry');
    assert.deepEqual(spokeUp(await claim.state(), 'data_entry'), []);
    await stage.skip('25 hours');
    assert.deepEqual(spokeUp(await claim.state(), 'data_entry'), [
      ['remind', 20],
      ['overdue', 24],
    ]);
  });

  it('38: the next round has a deadline of its own', async () => {
    const claim = await stage.startClaim('rounds', { policy: { deadlines } });
    await claim.at('data_entry');
    await stage.skip('23 hours');
    await claim.finish('data_entry');
    await claim.at('review');
    await claim.finish('review', { decision: 'request_info', note: 'the invoice is missing' });
    await claim.at('data_entry', { round: 2 });
    await stage.skip('19 hours');
    const state = await claim.state();
    assert.deepEqual(spokeUp(state, 'data_entry'), [['remind', 20]]);
    assert.equal(state.steps.at(-1)?.status, 'waiting');
  });

  it('an answer handed back does not stop the clock', async () => {
    const claim = await stage.startClaim('handed-back', { policy: { deadlines } });
    await claim.at('data_entry');
    await claim.finish('data_entry');
    await claim.at('review');
    await claim.finish('review', { decision: 'perhaps' });
    await claim.until('the review was handed back', ({ audit }) => audit.some(({ what }) => what === 'handed back'));
    await stage.skip('25 hours');
    assert.deepEqual(
      spokeUp(await claim.state(), 'review').map(([what]) => what),
      ['remind', 'overdue'],
    );
  });

  it('55: a completion that nobody told of is found when the deadline is checked, and nobody is reminded', async () => {
    const claim = await stage.startClaim('unheard', { policy: { deadlines } });
    await claim.at('data_entry');
    await claim.finishUnheard('data_entry');
    await stage.skip('21 hours');
    await claim.at('review');
    assert.deepEqual(await claim.comments('data_entry'), []);
    assert.deepEqual(spokeUp(await claim.state(), 'data_entry'), []);
  });

  for (const absent of ['deleted', 'archived'] as const) {
    it(`50, 51: a task that was ${absent} without a word is found when a deadline looks, and is opened again`, async () => {
      const claim = await stage.startClaim(`unheard-${absent}`, { policy: { deadlines } });
      const uid = String((await claim.at('data_entry')).uid);
      const { fragment } = stage;
      if (absent === 'deleted') fragment.tasks.delete(uid);
      else Object.assign(fragment.get(uid), { archived: true });
      await stage.skip('19 hours');
      assert.deepEqual(await claim.whats(), []);

      await stage.skip('2 hours');
      const task = fragment.get(uid);
      assert.deepEqual([task.status, task.archived ?? false], ['TODO', false]);
      assert.match(task.comments.join(), /is open again/);
      assert.equal((await claim.whats())[0], `opened again: its task was ${absent}`);
      await claim.at('data_entry');
      await claim.finish('data_entry');
      await claim.at('review');
    });
  }

  it('70: ninety days of waiting, with news every day, stay far below the history that Temporal warns of', async () => {
    const claim = await stage.startClaim('ninety-days', { policy: { deadlines } });
    const { uid } = await claim.at('data_entry');
    for (let day = 0; day < 90; day += 1) {
      await stage.skip('1 day');
      await claim.tell(stage.fragment.news(String(uid)));
    }
    await claim.finish('data_entry');
    await claim.at('review');
    const { historyLength } = await claim.handle.describe();
    assert.ok(historyLength < 1_024, `${historyLength} events`);
  });
});

describe('alarms', () => {
  const kinds = (of: Deadline) => new StepClock(of, 0).alarms().map(({ kind, after }) => [kind, after / HOUR]);

  it('are in order of time', () => {
    assert.deepEqual(kinds(deadline), [
      ['remind', 20],
      ['overdue', 24],
      ['escalate', 48],
    ]);
    assert.deepEqual(kinds({ due: '1 hour' }), [['overdue', 1]]);
  });

  it('leave out a reminder that would come before the task exists', () => {
    assert.deepEqual(kinds({ due: '1 hour', remindBefore: '2 hours' }), [['overdue', 1]]);
  });
});
