import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { calendar } from '../../client/working-hours.js';
import { taskUid } from '../../fragment/uid.js';
import type { Call } from '../../testing/in-memory-fragment.js';
import { claimTaskKey } from '../../workflows/claim/contract.js';
import { LIFECYCLES, taskKey } from '../../workflows/tasks/contract.js';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';
import { HOUR } from './deadline-policy.js';

const refusedByFragment = () => ApplicationFailure.nonRetryable('Fragment answered 403', 'FragmentRejected');

describe('what crosses something else on its way to a claim', function () {
  this.timeout(120_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  const isOf = (claim: string, { input }: Call): boolean => {
    const text = JSON.stringify(input);
    return text.includes(claim) || stage.fragment.of(claim).some(({ uid }) => text.includes(uid));
  };
  const reads = (claim: ClaimOnStage): number =>
    stage.fragment.calls.filter((call) => call.activity === 'readTask' && isOf(claim.id, call)).length;

  /** Sent, and taken by the process, which answers when it has acted on it. */
  const ask = (claim: ClaimOnStage, verb: string, argument: object = {}) =>
    claim.handle.startUpdate<unknown, [object]>(verb, {
      args: [{ reason: 'asked for', by: 'ops', ...argument }],
      waitForStage: 'ACCEPTED',
    });

  /** Does something once, before or after the first call of that activity for the claim. */
  function once(when: 'beforeEach' | 'afterEach', activity: string, claim: string, act: () => unknown): void {
    let done = false;
    stage.fragment[when](async (call) => {
      if (done || call.activity !== activity || !isOf(claim, call)) return;
      done = true;
      await act();
    });
  }

  function refusing(activity: string, claim: string): () => void {
    return stage.fragment.beforeEach((call) => {
      if (call.activity === activity && isOf(claim, call)) throw refusedByFragment();
    });
  }

  async function toReview(id: string, options: Parameters<TimeSkippingStage['startClaim']>[1]): Promise<ClaimOnStage> {
    const claim = await stage.startClaim(id, options);
    await claim.at('data_entry');
    await claim.finish('data_entry');
    await claim.at('review');
    return claim;
  }

  async function lose(claim: ClaimOnStage): Promise<void> {
    const { uid, step, round } = (await claim.step()) ?? assert.fail('no step');
    stage.fragment.tasks.delete(String(uid));
    await claim.tell({ uid: String(uid), status: 'TODO', step, round, absent: 'deleted' });
  }

  async function parkedByLoss(claim: ClaimOnStage): Promise<void> {
    await lose(claim);
    await claim.until('its task is there again', () => stage.fragment.open(claim.id).length === 1);
    await lose(claim);
    await claim.at('review', { status: 'parked' });
  }

  for (const lifecycle of LIFECYCLES) {
    it(`50, 66: a retry that is asked for again while the task is being opened is the same one (${lifecycle})`, async () => {
      const claim = await toReview(`retried-${lifecycle}`, { lifecycle });
      await parkedByLoss(claim);
      once('beforeEach', 'openTask', claim.id, () => ask(claim, 'retryStep'));
      await claim.retry();
      await claim.at('review');
      assert.ok((await claim.whats()).includes('late retry ignored'));
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
    });

    it(`53: a task whose fields name a step that is over is its own step's all the same (${lifecycle})`, async () => {
      const claim = await toReview(`renamed-${lifecycle}`, { lifecycle });
      const { uid } = await claim.finishUnheard('review', { decision: 'reject' });
      stage.fragment.change(uid, { fields: { step: 'data_entry', round: 1 } });
      await claim.tell(stage.fragment.news(uid));
      // Of the single task the news may be an old copy: the next deadline looks.
      if (lifecycle === 'single-task') await stage.skip('3 days');
      assert.equal((await claim.result()).outcome, 'rejected');
      assert.ok(reads(claim) <= 2, `${reads(claim)} reads`);
    });

    it(`20: an answer that cannot be handed back asks for an operator, who decides (${lifecycle})`, async () => {
      const claim = await toReview(`kept-${lifecycle}`, { lifecycle });
      const allow = refusing('setTaskStatus', claim.id);
      await claim.finish('review', { decision: 'perhaps' });
      const { problem } = await claim.at('review', { status: 'parked' });
      assert.match(String(problem), /Choose a decision.*does not let its task be opened again/);
      await claim.retry();
      await claim.until(
        'it is parked again',
        ({ audit }) => audit.filter(({ what }) => what === 'parked').length === 2,
      );
      await stage.skip('5 days');
      assert.ok(reads(claim) <= 4, `${reads(claim)} reads`);
      await claim.complete({ step: 'review', decision: 'reject', by: 'ops' });
      assert.equal((await claim.result()).outcome, 'rejected');
      allow();
    });

    it(`20: an answer that is handed back by a retry goes to the person (${lifecycle})`, async () => {
      const claim = await toReview(`kept-then-not-${lifecycle}`, { lifecycle });
      const { uid } = (await claim.step()) ?? assert.fail('no step');
      const task = stage.fragment.get(String(uid));
      const { status } = await claim.finishUnheard('review', { decision: 'perhaps' });
      // A Fragment that takes the change, and leaves a task that is DONE as it is.
      Object.defineProperty(task, 'status', { get: () => status, set: () => {}, configurable: true });
      await claim.tell(stage.fragment.news(String(uid)));
      await claim.at('review', { status: 'parked' });
      Object.defineProperty(task, 'status', { value: status, writable: true, enumerable: true, configurable: true });
      await claim.retry();
      await claim.until('it is handed back', () => task.status === 'TODO');
      await claim.at('review');
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
    });

    it(`20, 50: an answer that cannot be handed back because its task was deleted has it opened again (${lifecycle})`, async () => {
      const claim = await toReview(`gone-with-it-${lifecycle}`, { lifecycle });
      const { uid } = (await claim.step()) ?? assert.fail('no step');
      once('beforeEach', 'setTaskStatus', String(uid), () => stage.fragment.tasks.delete(String(uid)));
      await claim.finish('review', { decision: 'perhaps' });
      await claim.until('its task is there again', () => stage.fragment.tasks.get(String(uid))?.status === 'TODO');
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
      assert.ok(!(await claim.whats()).includes('parked'));
    });

    it(`8: what is told of a task that Fragment refused to open answers nothing (${lifecycle})`, async () => {
      const id = `told-too-soon-${lifecycle}`;
      const claim = await stage.startClaim(id, { lifecycle });
      const { uid: single } = await claim.at('data_entry');
      const allow = refusing(lifecycle === 'single-task' ? 'moveTask' : 'openTask', id);
      await claim.finish('data_entry');
      await claim.at('review', { status: 'parked' });
      const uid = lifecycle === 'single-task' ? single : taskUid(taskKey(claimTaskKey(id), lifecycle, 'review', 1));
      await claim.tell({ uid: String(uid), step: 'review', round: 1, status: 'DONE', answer: { decision: 'approve' } });
      allow();
      await claim.retry();
      await claim.at('review');
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
    });

    it(`8: a task that Fragment does not show at a deadline is still waited for (${lifecycle})`, async () => {
      const claim = await toReview(`unshown-${lifecycle}`, { lifecycle });
      const allow = refusing('readTask', claim.id);
      await stage.skip('5 days');
      const { audit } = await claim.state();
      for (const what of ['refused by Fragment', 'remind', 'overdue', 'escalate']) {
        assert.ok(
          audit.some((each) => each.what === what),
          `${what} is not in ${audit.map((each) => each.what).join()}`,
        );
      }
      await claim.finish('review', { decision: 'reject' });
      assert.equal((await claim.result()).outcome, 'rejected');
      allow();
    });

    it(`46: a payment made by hand right after people got its task back counts (${lifecycle})`, async () => {
      const id = `at-once-${lifecycle}`;
      stage.payments.silent.set(id, 'reserve');
      const claim = await toReview(id, { lifecycle });
      await claim.finish('review', { decision: 'approve' });
      await claim.at('payment', { status: 'working' });
      // The task is people's by then, and the comment that says so is still to come.
      once('afterEach', 'setTaskStatus', id, () => claim.finish('payment'));
      stage.payments.refuseReservation.add(id);
      assert.equal((await claim.result()).outcome, 'paid');
      assert.equal((await claim.step('payment'))?.source, 'person');
      assert.deepEqual(stage.fragment.open(id), []);
    });

    for (const [call, moved] of [
      ['reserve', ['reserve', 'release']],
      ['pay', ['reserve', 'pay', 'refund']],
    ] as const) {
      it(`46: paid by hand before it is known whether the provider did ${call}, it asks, and undoes that (${lifecycle})`, async () => {
        const id = `by-hand-${call}-${lifecycle}`;
        stage.payments.silent.set(id, call);
        const claim = await toReview(id, { lifecycle });
        const allow = refusing(lifecycle === 'single-task' ? 'moveTask' : 'openTask', id);
        await claim.finish('review', { decision: 'approve' });
        await claim.at('payment', { status: 'parked' });
        stage.payments.silent.delete(id);
        await claim.complete({ step: 'payment', by: 'ops' });
        assert.equal((await claim.result()).outcome, 'paid');
        assert.deepEqual(stage.payments.of(id), moved);
        allow();
      });
    }
  }

  it('46: paid by hand, an operator is asked where the provider does not say what it did, or does not give it back', async () => {
    const id = 'by-hand-twice';
    stage.payments.silent.set(id, 'pay');
    const claim = await toReview(id, {});
    const allow = refusing('openTask', id);
    await claim.finish('review', { decision: 'approve' });
    await claim.at('payment', { status: 'parked' });
    await claim.complete({ step: 'payment', by: 'ops' });
    await claim.until('it asks', ({ needsAttention }) => /asking the provider/.test(needsAttention ?? ''));
    stage.payments.silent.delete(id);
    let locked = true;
    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      if (activity !== 'refundPayment' || input.claimId !== id || !locked) return;
      throw ApplicationFailure.nonRetryable('settled already', 'PaymentRefused');
    });
    await claim.retry();
    await claim.until('the refund asks', ({ needsAttention }) =>
      /refunding.*settled already/.test(needsAttention ?? ''),
    );
    locked = false;
    await claim.retry();
    assert.equal((await claim.result()).outcome, 'paid');
    assert.deepEqual(stage.payments.of(id), ['reserve', 'pay', 'refund']);
    stop();
    allow();
  });

  it('47: what was asked of the step that waited decides nothing that is undone after it', async () => {
    const id = 'stale-skip';
    stage.payments.refuse.add(id);
    const claim = await toReview(id, {});
    await claim.finish('review', { decision: 'approve' });
    await claim.at('payment', { status: 'parked' });
    let locked = true;
    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      if (activity !== 'releasePayment' || input.claimId !== id || !locked) return;
      throw ApplicationFailure.nonRetryable('the ledger is locked', 'LedgerLocked');
    });
    // The skip waits behind the reassignment, and the withdrawal comes before it has had its turn.
    once('beforeEach', 'reassignTask', id, async () => {
      await ask(claim, 'skipStep');
      await ask(claim, 'withdraw');
    });
    await ask(claim, 'reassign', { email: 'ann@example.com' });
    await claim.until('the release is parked', ({ needsAttention }) => /releasing/.test(needsAttention ?? ''));
    assert.ok((await claim.whats()).includes('late skip ignored'));
    locked = false;
    await claim.retry();
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(stage.payments.of(id), ['reserve', 'release']);
    stop();
  });

  it('47: a completion on its way when the claim fails is refused, and says why', async () => {
    const claim = await toReview('late-completion', {});
    let completion: Promise<unknown> | undefined;
    once('beforeEach', 'reassignTask', claim.id, async () => {
      const handle = await ask(claim, 'completeStep', { step: 'review', decision: 'approve' });
      completion = handle.result().catch((error: Error) => error.cause);
      throw ApplicationFailure.nonRetryable('a mistake in an activity');
    });
    await ask(claim, 'reassign', { email: 'ann@example.com' });
    await assert.rejects(claim.result());
    assert.match(String(await completion), /review cannot be decided now: it is undone \(a mistake in an activity\)/);
  });

  it('36: a due date before the next opening hour is one that passes', async () => {
    const office = calendar({ timeZone: 'UTC' }, new Date(Date.now() - 365 * 24 * HOUR));
    const long = { due: '30 days' } as const;
    const deadlines = { data_entry: long, review: long, approval: long, payment: long };
    const claim = await stage.startClaim('before-opening', { policy: { deadlines, calendar: office } });
    const began = new Date((await claim.at('data_entry')).since);
    const sunday = new Date(began.getTime() + (7 - began.getUTCDay()) * 24 * HOUR);
    sunday.setUTCHours(12, 0, 0, 0);
    await stage.skip(sunday.getTime() - began.getTime());
    const due = new Date(sunday.getTime() + 20 * HOUR).toISOString();
    await claim.handle.executeUpdate('changeDue', { args: [{ due, reason: 'by Monday morning' }] });
    await stage.skip('2 days');
    const { audit } = await claim.state();
    const overdue = Date.parse(String(audit.find(({ what }) => what === 'overdue')?.at));
    assert.equal(Math.round((overdue - Date.parse(due)) / HOUR), 0);
  });

  it('35, 50: a due date that is moved while the task is found to be gone takes nothing from what an operator has to see', async () => {
    const claim = await toReview('moved-and-gone', {});
    await lose(claim);
    await claim.until('its task is there again', () => stage.fragment.open(claim.id).length === 1);
    const { due: before, uid } = (await claim.step()) ?? assert.fail('no step');
    const due = new Date(Date.parse(String(before)) + HOUR).toISOString();
    // By its uid alone: the task is gone by then.
    once('beforeEach', 'readTask', String(uid), () => ask(claim, 'changeDue', { due }));
    await lose(claim);
    await claim.at('review', { status: 'parked' });
    const moved = `due date moved to ${due}`;
    const { needsAttention } = await claim.until(moved, ({ audit }) => audit.some(({ what }) => what === moved));
    assert.match(String(needsAttention), /deleted a second time/);
  });

  it('29: a reassignment that Fragment refuses is not on record as made', async () => {
    const claim = await toReview('not-reassigned', {});
    const allow = refusing('reassignTask', claim.id);
    await claim.handle.executeUpdate('reassign', { args: [{ email: 'ann@example.com', reason: 'ill', by: 'ops' }] });
    const whats = await claim.whats();
    assert.ok(whats.includes('refused by Fragment'));
    assert.ok(!whats.some((what) => what.startsWith('reassigned')));
    allow();
  });
});
