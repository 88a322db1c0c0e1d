import assert from 'node:assert/strict';
import type { WorkflowUpdateHandle } from '@temporalio/client';
import { LIFECYCLES, changeDueUpdate, retryStepUpdate } from '../../workflows/tasks/contract.js';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';

describe('answers to the tasks of a claim', function () {
  this.timeout(60_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  async function toReview(claim: ClaimOnStage): Promise<string> {
    await claim.at('data_entry');
    await claim.finish('data_entry');
    return String((await claim.at('review')).uid);
  }

  /** To where the provider has refused the payment; answers the task that people get. */
  async function parked(claim: ClaimOnStage): Promise<string> {
    stage.payments.refuse.add(claim.id);
    await toReview(claim);
    await claim.finish('review', { decision: 'approve' });
    return String((await claim.at('payment', { status: 'parked' })).uid);
  }

  /** The comment for people is written before the step counts as parked: only the audit tells that it can be retried. */
  async function parkedTwice(claim: ClaimOnStage): Promise<void> {
    await claim.until('it is refused again', ({ audit }) => audit.filter(({ what }) => what === 'parked').length === 2);
  }

  /**
   * Whatever was told before has been looked at by then, in Fragment too: the due date is moved to where it is, which the
   * step answers once it comes to it, in order. What a validator refuses would be answered before.
   */
  async function settled(claim: ClaimOnStage): Promise<void> {
    const due = String((await claim.step())?.due);
    await claim.handle.executeUpdate(changeDueUpdate, { args: [{ due, reason: 'as it is' }] });
  }

  for (const lifecycle of LIFECYCLES) {
    it(`20, 21: an answer that is none goes back to the person with the reason, as often as it takes (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`invalid-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      for (const [form, reason] of [
        [null, /Choose a decision/],
        [{ decision: 'perhaps' }, /Choose a decision/],
        [{ decision: ['approve'] }, /Choose a decision/],
        [{ decision: 'approve', note: 7 }, /note has to be text/],
      ] as const) {
        stage.fragment.get(uid).comments.length = 0;
        await claim.finish('review', form, 'ann');
        await claim.until('the task is open again, and says why', () => {
          const { status, comments } = stage.fragment.get(uid);
          return status === 'TODO' && reason.test(comments.join());
        });
        assert.equal(stage.fragment.get(uid).assignee_uid, 'ann');
      }
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
      assert.deepEqual(stage.fragment.open(claim.id), []);
    });

    it(`56: old copies of an answer that was handed back do not spoil the corrected one (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`stale-invalid-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      await claim.finish('review', { decision: 'perhaps' });
      const stale = stage.fragment.news(uid);
      await claim.until('it is handed back', () => stage.fragment.get(uid).comments.length > 0);
      await claim.tell({ ...stale, status: 'DONE', problem: 'Choose a decision: approve, reject or request_info.' });
      await settled(claim);
      // The person has corrected it, and before that is heard of, the old news comes once more.
      await claim.finishUnheard('review', { decision: 'reject' });
      await claim.tell({ ...stale, status: 'DONE', problem: 'Choose a decision: approve, reject or request_info.' });
      await claim.tell(stage.fragment.news(uid));
      assert.equal((await claim.result()).outcome, 'rejected');
      assert.equal(stage.fragment.get(uid).status, 'DONE');
      assert.equal((await claim.whats()).filter((what) => what === 'handed back').length, 1);
    });

    it(`an answer that is handed back in a task that was archived with it takes the task out again (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`nonsense-archived-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      await claim.finishUnheard('review', { decision: 'perhaps' });
      const unarchived = stage.fragment.news(uid);
      stage.fragment.get(uid).archived = true;
      const archived = stage.fragment.news(uid);
      await claim.tell(unarchived);
      await claim.tell(archived);
      await claim.until('people have it again', () => {
        const { status, archived: away } = stage.fragment.get(uid);
        return status === 'TODO' && !away;
      });
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
    });

    it(`20: a person who corrects an answer before it is handed back is not asked again (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`self-corrected-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      await claim.finishUnheard('review', { decision: 'perhaps' });
      const invalid = stage.fragment.news(uid);
      await claim.finishUnheard('review', { decision: 'reject' });
      await claim.tell(invalid);
      await claim.tell(stage.fragment.news(uid));
      assert.equal((await claim.result()).outcome, 'rejected');
      assert.equal(stage.fragment.get(uid).status, 'DONE');
    });

    it(`18: of two answers the first decides, and the second is on record (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`two-answers-${lifecycle}`, {
        lifecycle,
        total: { amount: 80_000, currency: 'USD' },
      });
      const uid = await toReview(claim);
      await claim.finish('review', { decision: 'approve' }, 'ann');
      const first = { uid, step: 'review', round: 1, status: 'DONE' };
      await claim.tell({ ...first, answer: { decision: 'reject' }, assignee: 'bob' });
      await claim.at('approval');
      await settled(claim);
      const { audit, steps } = await claim.state();
      assert.equal(steps.find(({ step }) => step === 'review')?.decision, 'approve');
      const late = audit.filter(({ what }) => what.startsWith('late answer ignored'));
      assert.deepEqual(
        late.map(({ what, step, by }) => [what, step, by]),
        [['late answer ignored: reject', 'review', 'bob']],
      );
    });

    it(`12, 56: repeated, reordered and foreign news of a task move nothing (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`noise-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      const dataEntry = (await claim.step('data_entry'))?.uid as string;
      const approve = { status: 'DONE', answer: { decision: 'approve' } };
      for (const news of [
        { uid: dataEntry, step: 'data_entry', round: 1, status: 'DONE', answer: {} },
        { uid: dataEntry, step: 'data_entry', round: 1, status: 'TODO' },
        { uid: '00000000-0000-0000-0000-000000000000', step: 'review', round: 1, ...approve },
        // A forged step or round is looked up in Fragment, where the task is not done.
        { uid, step: 'approval', round: 1, ...approve },
        { uid, step: 'review', round: 9, ...approve },
        { uid, ...approve },
      ]) {
        await claim.tell(news);
        await claim.tell(news);
      }
      await settled(claim);
      const { steps } = await claim.state();
      assert.deepEqual(
        steps.map(({ step, status }) => [step, status]),
        [
          ['data_entry', 'done'],
          ['review', 'waiting'],
        ],
      );
    });

    it(`57: being started and put down again is no completion (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`put-down-${lifecycle}`, { lifecycle });
      const uid = await toReview(claim);
      for (const status of ['STARTED', 'TODO', 'STARTED'] as const) {
        stage.fragment.change(uid, { status });
        await claim.tell(stage.fragment.news(uid));
      }
      await settled(claim);
      assert.equal((await claim.step())?.status, 'waiting');
    });

    it(`16: an answer given before the creation's answer arrived counts (${lifecycle})`, async () => {
      const id = `quick-${lifecycle}`;
      const stop = stage.fragment.afterEach(async ({ activity, input }) => {
        const { fields } = input as { fields?: { claim_id?: string; step?: string } };
        if (!/^(open|move)Task$/.test(activity) || fields?.claim_id !== id || fields.step === 'payment') return;
        const task = stage.fragment.open(id)[0];
        if (!task) return;
        stage.fragment.change(task.uid, { status: 'DONE', form_data: { decision: 'approve' } });
        await claim.tell(stage.fragment.news(task.uid));
      });
      const claim = await stage.startClaim(id, { lifecycle });
      assert.equal((await claim.result()).outcome, 'paid');
      stop();
      assert.deepEqual(stage.payments.of(id), ['reserve', 'pay']);
      assert.deepEqual(stage.fragment.open(id), []);
    });

    it(`15: an answer that arrives while the process is not yet waiting counts (${lifecycle})`, async () => {
      const id = `early-${lifecycle}`;
      let told = false;
      const stop = stage.fragment.beforeEach(async ({ activity }) => {
        if (activity !== 'commentOnTask' && activity !== 'setTaskStatus') return;
        if (told || (await claim.step())?.step !== 'review') return;
        told = true;
        const uid = String((await claim.step())?.uid);
        stage.fragment.change(uid, { status: 'DONE', form_data: { decision: 'reject' } });
        await claim.tell(stage.fragment.news(uid));
      });
      const claim = await stage.startClaim(id, { lifecycle });
      await toReview(claim);
      // Its answer is looked at while the task is being reopened and commented on: the next one comes in between.
      await claim.finish('review', { decision: 'perhaps' });
      assert.equal((await claim.result()).outcome, 'rejected');
      stop();
      assert.ok(told);
      // The task went back to the person after the answer that counted.
      assert.deepEqual(stage.fragment.open(id), []);
    });

    it(`46: a person who makes the payment while the retry of it is on its way is not overruled (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`hand-during-retry-${lifecycle}`, { lifecycle });
      const uid = await parked(claim);
      stage.payments.refuse.delete(claim.id);
      const stop = stage.fragment.beforeEach(({ activity, input }) => {
        if (activity === 'takeTask' && input.uid === uid) stage.fragment.change(uid, { status: 'DONE' });
      });
      await claim.retry();
      assert.equal((await claim.result()).outcome, 'paid');
      stop();
      assert.deepEqual(stage.payments.of(claim.id), ['reserve', 'release']);
      assert.equal(stage.fragment.get(uid).status, 'DONE');
    });

    it(`65: a retried payment takes its task from people meanwhile, and says so (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`taken-back-${lifecycle}`, { lifecycle });
      const uid = await parked(claim);
      const before = stage.fragment.get(uid).comments.length;
      await claim.retry();
      await parkedTwice(claim);
      assert.equal(stage.fragment.get(uid).comments.length, before + 2);
      assert.match(String(stage.fragment.get(uid).comments.at(-2)), /^The payment provider tries this again/);
      assert.match(String(stage.fragment.get(uid).comments.at(-1)), /by hand/);
      assert.equal(stage.fragment.get(uid).status, 'TODO');
      stage.payments.refuse.delete(claim.id);
      await claim.retry();
      assert.equal((await claim.result()).outcome, 'paid');
    });

    it(`65: a retry that is asked for twice is made once, and both are on record (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`retried-twice-${lifecycle}`, { lifecycle });
      const uid = await parked(claim);
      let again: WorkflowUpdateHandle<unknown> | undefined;
      const stop = stage.fragment.beforeEach(async ({ activity, input }) => {
        if (activity !== 'takeTask' || input.uid !== uid || again) return;
        again = await claim.handle.startUpdate(retryStepUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
      });
      await claim.retry();
      await parkedTwice(claim);
      await again?.result();
      stop();
      assert.deepEqual(
        (await claim.whats()).filter((what) => /retr|parked/.test(what)),
        ['parked', 'retried', 'late retry ignored', 'parked'],
      );
    });

    it(`46: a retry of a payment that a person has just made by hand pays nothing (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`hand-then-retry-${lifecycle}`, { lifecycle });
      const uid = await parked(claim);
      await claim.finishUnheard('payment', { reference: 'cheque 8' }, 'eve');
      stage.payments.refuse.delete(claim.id);
      await claim.retry();
      const { outcome, reference } = await claim.result();
      assert.deepEqual([outcome, reference], ['paid', 'cheque 8']);
      assert.deepEqual(stage.payments.of(claim.id), ['reserve', 'release']);
      assert.equal(stage.fragment.get(uid).status, 'DONE');
    });
  }

  it('3: a task that is DONE already when it is created is an answer', async () => {
    const first = await stage.startClaim('adopted');
    const uid = String((await first.at('data_entry')).uid);
    await first.handle.terminate();
    stage.fragment.change(uid, { status: 'DONE' });
    const again = await stage.startClaim('adopted');
    await again.at('review');
    assert.equal(stage.fragment.get(uid).status, 'DONE');
  });

  it('23: a task that goes from TODO to DONE without having been started counts', async () => {
    const claim = await stage.startClaim('forced');
    const uid = await toReview(claim);
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
    assert.deepEqual(stage.fragment.get(uid).statuses, ['TODO', 'DONE']);
  });

  it('53: fields that people edited are no authority: the answer is read by the schema of the step that waits', async () => {
    const claim = await stage.startClaim('edited');
    const uid = await toReview(claim);
    stage.fragment.change(uid, { fields: { step: 'payment', round: 5 } });
    await claim.finish('review', { decision: 'reject', note: 'as edited' });
    const { outcome, reason } = await claim.result();
    assert.deepEqual([outcome, reason], ['rejected', 'as edited']);
  });

  it('12: the backend completing twice, or another step, decides once', async () => {
    const claim = await stage.startClaim('backend-twice');
    await toReview(claim);
    await assert.rejects(claim.complete({ step: 'approval', decision: 'approve' }));
    await assert.rejects(claim.complete({ step: 'review', decision: 'perhaps' }));
    await Promise.allSettled(
      [1, 2, 3, 4].map(() => claim.complete({ step: 'review', decision: 'reject', by: 'rules' })),
    );
    assert.equal((await claim.result()).outcome, 'rejected');
    const { audit } = await claim.state();
    assert.equal(audit.filter(({ what, step }) => what === 'reject' && step === 'review').length, 1);
  });
});
