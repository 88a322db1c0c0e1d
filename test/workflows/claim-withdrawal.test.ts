import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { LIFECYCLES, pauseUpdate } from '../../workflows/tasks/contract.js';
import type { Call } from '../../testing/in-memory-fragment.js';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';

describe('a claim that is withdrawn or cancelled', function () {
  this.timeout(120_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  /** Calls made for a claim, whichever activity. */
  const isOf = (claimId: string, { input }: Call) => JSON.stringify(input).includes(claimId);

  /** People do their part at once, up to the payment. */
  async function carryOn(claim: ClaimOnStage): Promise<void> {
    for (const step of ['data_entry', 'review', 'approval'] as const) {
      const { steps } = await claim.until(
        `${step} waits, or it is over`,
        (state) =>
          (state.outcome ?? state.withdrawing) !== undefined ||
          state.steps.some((each) => each.step === 'payment' || (each.step === step && each.status === 'waiting')),
      );
      // A withdrawal may have come in between: then there is no such task, or nobody to tell.
      if (!steps.some((each) => each.step === step && each.status === 'waiting')) return;
      await claim.finish(step, step === 'data_entry' ? null : { decision: 'approve' }).catch(() => undefined);
    }
  }

  for (const lifecycle of LIFECYCLES) {
    for (const moment of ['before', 'after'] as const) {
      it(`40, 41, 42, 45: ${moment} any of its calls, it leaves no task open and no money moved (${lifecycle})`, async () => {
        for (let n = 1; ; n += 1) {
          const claimId = `withdrawn-${moment}-${n}-${lifecycle}`;
          let seen = 0;
          let withdrawn: Promise<unknown> | undefined;
          let claim: ClaimOnStage | undefined;
          let begun: string[] = [];
          const watch = moment === 'before' ? 'beforeEach' : 'afterEach';
          const stop = stage.fragment[watch](async (call) => {
            if (!isOf(claimId, call) || withdrawn || (seen += 1) < n) return;
            begun = [...stage.payments.of(claimId), call.activity];
            // The call waits until the withdrawal is accepted, so that it really meets the process in mid-flight.
            withdrawn = (claim as ClaimOnStage).withdraw().catch((error: unknown) => error);
            await withdrawn;
          });
          claim = await stage.startClaim(claimId, { lifecycle, total: { amount: 80_000, currency: 'USD' } });
          await carryOn(claim);
          const { outcome } = await claim.result();
          stop();
          if (!withdrawn) {
            assert.equal(outcome, 'paid');
            assert.ok(n >= 6, `${n} moments only`);
            break;
          }
          const refusal = await withdrawn;
          assert.ok(!(refusal instanceof Error), `moment ${n}: ${String(refusal)}`);
          assert.equal(outcome, 'withdrawn', `moment ${n}`);
          assert.deepEqual(stage.fragment.open(claimId), [], `moment ${n}`);
          const moved = stage.payments.of(claimId);
          assert.equal(count(moved, 'pay'), count(moved, 'refund'), `moment ${n}: ${moved.join()}`);
          assert.ok(
            count(moved, 'refund') + count(moved, 'release') === Math.min(1, count(moved, 'reserve')),
            `moment ${n}: ${moved.join()}`,
          );
          // What had not begun when the withdrawal was accepted does not begin any more.
          assert.ok(!moved.includes('pay') || begun.includes('pay'), `moment ${n}: ${moved.join()}`);
        }
      });
    }

    it(`40: says on the open task why it is closed, and moves nothing after (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`why-${lifecycle}`, { lifecycle });
      await claim.at('data_entry');
      await claim.finish('data_entry');
      const { uid } = await claim.at('review');
      await claim.withdraw('the patient moved away');
      const { outcome, reason } = await claim.result();
      assert.deepEqual([outcome, reason], ['withdrawn', 'the patient moved away']);
      assert.equal(stage.fragment.get(String(uid)).status, 'DONE');
      assert.match(stage.fragment.get(String(uid)).comments.join(), /the patient moved away/);
      assert.equal((await claim.step('review'))?.status, 'withdrawn');
      await assert.rejects(claim.withdraw());
    });

    it(`40: is withdrawn while a step is parked, task or no task (${lifecycle})`, async () => {
      const parked = await stage.startClaim(`parked-${lifecycle}`, { lifecycle });
      stage.payments.refuse.add(parked.id);
      await parked.at('data_entry');
      await parked.finish('data_entry');
      await parked.at('review');
      await parked.finish('review', { decision: 'approve' });
      await parked.at('payment', { status: 'parked' });
      await parked.withdraw();
      assert.equal((await parked.result()).outcome, 'withdrawn');
      assert.deepEqual(stage.payments.of(parked.id), ['reserve', 'release']);
      assert.deepEqual(stage.fragment.open(parked.id), []);

      const id = `refused-${lifecycle}`;
      const stop = stage.fragment.beforeEach((call) => {
        if (isOf(id, call)) throw ApplicationFailure.nonRetryable('no such queue', 'FragmentRejected');
      });
      const taskless = await stage.startClaim(id, { lifecycle });
      await taskless.at('data_entry', { status: 'parked' });
      await taskless.withdraw();
      assert.equal((await taskless.result()).outcome, 'withdrawn');
      stop();
    });

    it(`40, 48: withdrawn while it is paused, it does nothing of what it would have gone on with (${lifecycle})`, async () => {
      const why = { reason: 'an audit' };
      const answered = await stage.startClaim(`paused-answered-${lifecycle}`, { lifecycle });
      await answered.at('data_entry');
      await answered.handle.executeUpdate(pauseUpdate, { args: [why] });
      await answered.finish('data_entry');

      const opening = `paused-opening-${lifecycle}`;
      const stop = stage.fragment.afterEach(async (call) => {
        if (isOf(opening, call)) await claim.handle.executeUpdate(pauseUpdate, { args: [why] });
      });
      const claim = await stage.startClaim(opening, { lifecycle });
      await claim.until('it is paused', ({ paused }) => paused !== undefined);
      // It is paused before the creation's answer: only then does it know its task.
      await claim.at('data_entry');
      stop();
      await claim.finish('data_entry');

      for (const paused of [answered, claim]) {
        await paused.withdraw();
        assert.equal((await paused.result()).outcome, 'withdrawn');
        const { steps } = await paused.state();
        assert.deepEqual(
          steps.map(({ step, status }) => `${step}: ${status}`),
          ['data_entry: withdrawn'],
        );
        assert.deepEqual(stage.fragment.open(paused.id), []);
      }
    });

    for (const [call, moved] of [
      ['reserve', ['reserve', 'release']],
      ['pay', ['reserve', 'pay', 'refund']],
    ] as const) {
      it(`45: withdrawn before it knows whether the provider did ${call}, it asks, and undoes that too (${lifecycle})`, async () => {
        const claimId = `unanswered-${call}-${lifecycle}`;
        stage.payments.silent.set(claimId, call);
        let withdrawn: Promise<unknown> | undefined;
        const stop = stage.fragment.beforeEach(async (each) => {
          // The provider has been given up for now, so its task is shown.
          if (!isOf(claimId, each) || !isOf('"payment"', each) || withdrawn) return;
          withdrawn = claim.withdraw();
          await withdrawn;
          stage.payments.silent.delete(claimId);
        });
        const claim = await stage.startClaim(claimId, { lifecycle });
        await carryOn(claim);
        assert.equal((await claim.result()).outcome, 'withdrawn');
        stop();
        assert.ok(withdrawn, 'its payment task was never opened');
        assert.deepEqual(stage.payments.of(claimId), moved);
        assert.deepEqual(stage.fragment.open(claimId), []);
      });
    }

    it(`43: cancelled in Temporal, its task is closed and it ends as cancelled (${lifecycle})`, async () => {
      const claim = await stage.startClaim(`cancelled-${lifecycle}`, { lifecycle });
      await claim.at('data_entry');
      await claim.handle.cancel();
      await assert.rejects(claim.result(), (error: Error) => /cancel/i.test(String(error.cause)));
      assert.deepEqual(stage.fragment.open(claim.id), []);
      assert.match((await claim.comments('data_entry')).join(), /cancelled/);
    });
  }

  it('45: cancelled in Temporal during the payment, it is either paid or ends with the money back', async () => {
    const stop = stage.fragment.beforeEach(async ({ activity, input }) => {
      if (activity === 'pay' && input.claimId === 'cancelled-paying') await claim.handle.cancel();
    });
    const claim = await stage.startClaim('cancelled-paying');
    await carryOn(claim);
    const ending = await claim.result().then(
      ({ outcome }) => outcome,
      () => 'cancelled',
    );
    stop();
    const moved = stage.payments.of(claim.id);
    const net = count(moved, 'pay') - count(moved, 'refund');
    assert.equal(net, ending === 'paid' ? 1 : 0, `${ending}: ${moved.join()}`);
    assert.deepEqual(stage.fragment.open(claim.id), []);
  });

  it('47: compensations run newest first; one that fails is parked, and the others have run', async () => {
    let broken = true;
    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      if (activity === 'refundPayment' && input.claimId === 'undone' && broken) {
        throw ApplicationFailure.nonRetryable('the ledger is locked', 'LedgerLocked');
      }
    });
    const withdrawOnPay = stage.fragment.afterEach(async ({ activity, input }) => {
      if (activity === 'pay' && input.claimId === 'undone') await claim.withdraw();
    });
    const claim = await stage.startClaim('undone');
    await carryOn(claim);
    const state = await claim.until('the refund is parked', ({ needsAttention }) => needsAttention !== undefined);
    assert.match(state.needsAttention ?? '', /refunding the payment failed: the ledger is locked/);
    assert.deepEqual(stage.fragment.open(claim.id), []);
    assert.equal(state.outcome, undefined);

    await claim.retry();
    await claim.until('it was tried again', () => called('refundPayment', claim.id) === 2);
    await claim.until('it is parked again', ({ needsAttention }) => needsAttention !== undefined);
    broken = false;
    await claim.retry();
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(stage.payments.of(claim.id), ['reserve', 'pay', 'refund']);
    stop();
    withdrawOnPay();
  });

  it('47: two that fail are two questions, asked one after the other', async () => {
    const failing = ['releasePayment', 'closeTask'];
    const stop = stage.fragment.beforeEach((call) => {
      if (!failing.includes(call.activity) || (!isOf(uidOf('two-fail'), call) && !isOf('two-fail', call))) return;
      throw ApplicationFailure.nonRetryable(
        'not now',
        call.activity === 'closeTask' ? 'FragmentRejected' : 'LedgerLocked',
      );
    });
    const claim = await stage.startClaim('two-fail');
    stage.payments.refuse.add(claim.id);
    await carryOn(claim);
    await claim.at('payment', { status: 'parked' });
    await claim.withdraw();
    await claim.until('a compensation is parked', ({ needsAttention }) => /releasing/.test(needsAttention ?? ''));
    await claim.skipStep('let it go');
    await claim.until('the next one asks', ({ needsAttention }) => /closing/.test(needsAttention ?? ''));
    stop();
    await claim.retry();
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(stage.payments.of(claim.id), ['reserve']);
    assert.deepEqual(stage.fragment.open(claim.id), []);
  });

  const called = (activity: string, claimId: string) =>
    stage.fragment.calls.filter((call) => call.activity === activity && isOf(claimId, call)).length;
  const uidOf = (claimId: string) => stage.fragment.of(claimId).find(({ status }) => status !== 'DONE')?.uid ?? 'none';
});

const count = (moved: readonly string[], what: string): number => moved.filter((each) => each === what).length;
