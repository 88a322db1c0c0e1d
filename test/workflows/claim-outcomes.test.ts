import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { LIFECYCLES } from '../../workflows/tasks/contract.js';
import type { Interference } from '../../testing/in-memory-fragment.js';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';

const LARGE = { total: { amount: 80_000, currency: 'USD' } };

describe('a claim and its outcomes', function () {
  this.timeout(60_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  const ledger = (claim: ClaimOnStage) => stage.payments.of(claim.id);
  const refusing =
    (activity: string, claimId: string): Interference =>
    (call) => {
      if (call.activity !== activity || call.input.claimId !== claimId) return;
      throw ApplicationFailure.nonRetryable('the ledger is locked', 'LedgerLocked');
    };

  async function toReview(claim: ClaimOnStage): Promise<void> {
    await claim.at('data_entry');
    await claim.finish('data_entry');
    await claim.at('review');
  }

  async function toApproval(claim: ClaimOnStage, reviewer?: string): Promise<void> {
    await toReview(claim);
    await claim.finish('review', { decision: 'approve' }, reviewer);
    await claim.at('approval');
  }

  for (const lifecycle of LIFECYCLES) {
    describe(`(${lifecycle})`, () => {
      const id = (name: string) => `${name}-${lifecycle}`;

      it('is paid once, with nothing left open', async () => {
        const claim = await stage.startClaim(id('paid'), { lifecycle, ...LARGE });
        await toApproval(claim, 'ann');
        await claim.finish('approval', { decision: 'approve' }, 'bob');
        const result = await claim.result();
        assert.deepEqual([result.outcome, result.rounds], ['paid', 1]);
        assert.match(result.reference ?? '', /^pay-/);
        assert.deepEqual(ledger(claim), ['reserve', 'pay']);
        assert.deepEqual(stage.fragment.open(claim.id), []);
        assert.equal(stage.fragment.of(claim.id).length, lifecycle === 'single-task' ? 1 : 4);
        const { steps, outcome } = await claim.state();
        assert.equal(outcome, 'paid');
        assert.deepEqual(
          steps.map(({ step, status, decision }) => [step, status, decision]),
          [
            ['data_entry', 'done', undefined],
            ['review', 'done', 'approve'],
            ['approval', 'done', 'approve'],
            ['payment', 'done', 'done'],
          ],
        );
      });

      it('is rejected in review or in approval, moving no money', async () => {
        const inReview = await stage.startClaim(id('rejected-in-review'), { lifecycle });
        await toReview(inReview);
        await inReview.finish('review', { decision: 'reject', note: 'not covered' });
        const inApproval = await stage.startClaim(id('rejected-in-approval'), { lifecycle, ...LARGE });
        await toApproval(inApproval);
        await inApproval.finish('approval', { decision: 'reject', note: 'not covered' });
        for (const claim of [inReview, inApproval]) {
          const { outcome, reason } = await claim.result();
          assert.deepEqual([outcome, reason], ['rejected', 'not covered']);
          assert.deepEqual(ledger(claim), []);
          assert.deepEqual(stage.fragment.open(claim.id), []);
        }
      });

      it('6: goes back to data entry for more, in a new round with a task of its own or the same single one', async () => {
        const claim = await stage.startClaim(id('rework'), { lifecycle, ...LARGE });
        await toReview(claim);
        await claim.finish('review', { decision: 'request_info', note: 'the invoice is missing' });
        await claim.at('data_entry', { round: 2 });
        await claim.until('the second round says why', () =>
          stage.fragment.of(claim.id).some(({ comments }) => comments.some((text) => /invoice is missing/.test(text))),
        );
        await claim.finish('data_entry');
        await claim.at('review', { round: 2 });
        await claim.finish('review', { decision: 'approve' });
        await claim.at('approval', { round: 2 });
        await claim.finish('approval', { decision: 'request_info' });
        await claim.at('data_entry', { round: 3 });
        await claim.finish('data_entry');
        await claim.at('review', { round: 3 });
        await claim.finish('review', { decision: 'reject' });
        const { outcome, rounds, tasks } = await claim.result();
        assert.deepEqual([outcome, rounds], ['rejected', 3]);
        const uids = (await claim.state()).steps.map(({ uid }) => uid);
        assert.equal(uids.length, 7);
        assert.equal(new Set(uids).size, lifecycle === 'single-task' ? 1 : 7);
        assert.deepEqual(new Set(tasks), new Set(uids));
        assert.deepEqual(stage.fragment.open(claim.id), []);
      });

      it('46: a refused payment is given to people with its task open, and is paid by hand', async () => {
        const claim = await stage.startClaim(id('by-hand'), { lifecycle });
        stage.payments.refuse.add(claim.id);
        await toReview(claim);
        await claim.finish('review', { decision: 'approve' });
        const { uid } = await claim.at('payment', { status: 'parked' });
        assert.match((await claim.state()).needsAttention ?? '', /account blocked/);
        assert.equal(stage.fragment.get(String(uid)).status, 'TODO');
        assert.match(stage.fragment.get(String(uid)).comments.join(), /account blocked/);
        await claim.finish('payment', { reference: 'cheque 7' }, 'eve');
        const { outcome, reference } = await claim.result();
        assert.deepEqual([outcome, reference], ['paid', 'cheque 7']);
        assert.deepEqual(ledger(claim), ['reserve', 'release']);
        assert.deepEqual(stage.fragment.open(claim.id), []);
      });

      it('46: a refused payment is paid by the provider when an operator has its cause mended', async () => {
        const claim = await stage.startClaim(id('retried'), { lifecycle });
        stage.payments.refuse.add(claim.id);
        await toReview(claim);
        await claim.finish('review', { decision: 'approve' });
        await claim.at('payment', { status: 'parked' });
        await claim.retry();
        await claim.until('it was refused again', ({ audit, steps }) => {
          const refusals = audit.filter(({ what }) => what === 'parked').length;
          return refusals === 2 && steps.at(-1)?.status === 'parked';
        });
        stage.payments.refuse.delete(claim.id);
        await claim.retry();
        assert.equal((await claim.result()).outcome, 'paid');
        assert.deepEqual(ledger(claim), ['reserve', 'pay']);
        assert.deepEqual(stage.fragment.open(claim.id), []);
      });

      it('46: a refused payment that is given up fails the claim, and frees what was set aside', async () => {
        const claim = await stage.startClaim(id('given-up'), { lifecycle });
        stage.payments.refuse.add(claim.id);
        await toReview(claim);
        await claim.finish('review', { decision: 'approve' });
        await claim.at('payment', { status: 'parked' });
        await claim.skipStep('the account is closed');
        const { outcome, reason } = await claim.result();
        assert.deepEqual([outcome, reason], ['failed', 'the account is closed']);
        assert.deepEqual(ledger(claim), ['reserve', 'release']);
        assert.deepEqual(stage.fragment.open(claim.id), []);
      });

      it('8: a creation that Fragment refuses is parked, and goes on when the operator says so', async () => {
        const claim = await refused(id('422'), { lifecycle });
        assert.match((await claim.state()).needsAttention ?? '', /fields too long/);
        await claim.retry();
        await claim.at('data_entry');
        assert.equal((await claim.state()).needsAttention, undefined);
      });
    });
  }

  /** A claim whose first task Fragment refuses once. */
  async function refused(claimId: string, options: Parameters<TimeSkippingStage['startClaim']>[1]) {
    let attempts = 0;
    const stop = stage.fragment.beforeEach(({ activity, input }) => {
      const fields = input.fields as { claim_id?: string } | undefined;
      if (activity !== 'openTask' || fields?.claim_id !== claimId || (attempts += 1) > 1) return;
      throw ApplicationFailure.nonRetryable('fields too long', 'FragmentRejected');
    });
    const claim = await stage.startClaim(claimId, options);
    await claim.at('data_entry', { status: 'parked' });
    return Object.assign(claim, { stop });
  }

  it('66: an operator who asks twice for the same retry does the claim no harm', async () => {
    const claim = await refused('asked-twice', {});
    await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map(() => claim.retry()));
    await claim.at('data_entry');
    await claim.withdraw();
    assert.equal((await claim.result()).outcome, 'withdrawn');
  });

  it('needs an approval from the threshold upwards, and not one cent below it', async () => {
    const policy = { approvalFrom: 50_000 };
    const below = await stage.startClaim('below', { policy, total: { amount: 49_999, currency: 'USD' } });
    await toReview(below);
    await below.finish('review', { decision: 'approve' });
    assert.equal((await below.result()).outcome, 'paid');
    assert.equal(await below.step('approval'), undefined);
    const at = await stage.startClaim('at-threshold', { policy, total: { amount: 50_000, currency: 'USD' } });
    await toApproval(at);
  });

  it('73: gives an approval by the reviewer back, from either side, and takes one by another person', async () => {
    const claim = await stage.startClaim('four-eyes', LARGE);
    await toApproval(claim, 'ann');
    await assert.rejects(claim.complete({ step: 'approval', decision: 'approve', by: 'ann' }), (error: Error) =>
      /another person/.test(String(error.cause)),
    );
    const { uid } = (await claim.step('approval'))!;
    await claim.finish('approval', { decision: 'approve' }, 'ann');
    await claim.until('it is handed back', () => stage.fragment.get(String(uid)).status === 'TODO');
    await claim.until('it is said why', () => /another person/.test(stage.fragment.get(String(uid)).comments.join()));
    await claim.finish('approval', { decision: 'approve' }, 'bob');
    assert.equal((await claim.result()).outcome, 'paid');
  });

  it('73: who approved cannot be told: passes and is on record, or is given back where the policy is strict', async () => {
    const verifiable = await stage.startClaim('four-eyes-unknown', LARGE);
    await toApproval(verifiable, 'ann');
    await verifiable.finish('approval', { decision: 'approve' });
    assert.equal((await verifiable.result()).outcome, 'paid');
    assert.ok((await verifiable.whats()).includes('four eyes not verifiable'));

    const strict = await stage.startClaim('four-eyes-strict', { ...LARGE, policy: { fourEyes: 'strict' } });
    await toApproval(strict, 'ann');
    const { uid } = (await strict.step('approval'))!;
    await strict.finish('approval', { decision: 'approve' });
    await strict.until('it is handed back', () => stage.fragment.get(String(uid)).status === 'TODO');
    await strict.finish('approval', { decision: 'approve' }, 'bob');
    assert.equal((await strict.result()).outcome, 'paid');
  });

  it('is paid by a person where no provider is configured', async () => {
    stage.payments.provider = false;
    try {
      const claim = await stage.startClaim('no-provider');
      await toReview(claim);
      await claim.finish('review', { decision: 'approve' });
      await claim.at('payment');
      await claim.finish('payment', { reference: 'transfer 9' });
      const { outcome, reference } = await claim.result();
      assert.deepEqual([outcome, reference], ['paid', 'transfer 9']);
      assert.deepEqual(ledger(claim), []);
    } finally {
      stage.payments.provider = true;
    }
  });

  it('24: a step done by the backend closes its task, and says so there', async () => {
    const claim = await stage.startClaim('by-backend');
    await toReview(claim);
    await claim.complete({ step: 'review', decision: 'reject', by: 'rules' });
    assert.equal((await claim.result()).outcome, 'rejected');
    assert.match((await claim.comments('review')).join(), /outside Fragment: reject/);
    const { by, source } = (await claim.step('review'))!;
    assert.deepEqual([by, source], ['rules', 'backend']);
  });

  it('fails when an activity fails for good, undoing what was done before', async () => {
    const stop = stage.fragment.beforeEach(refusing('pay', 'failing'));
    const claim = await stage.startClaim('failing');
    await toReview(claim);
    await claim.finish('review', { decision: 'approve' });
    await assert.rejects(claim.result(), /failed/i);
    stop();
    assert.deepEqual(ledger(claim), ['reserve', 'release']);
    assert.deepEqual(stage.fragment.open(claim.id), []);
    assert.equal((await claim.state()).outcome, 'failed');
  });

  it('63: lost answers of payments and creations change nothing', async () => {
    const lost = new Set<string>();
    const stop = stage.fragment.afterEach(({ activity, input }) => {
      const key = `${activity} ${JSON.stringify(input)}`;
      const mine = JSON.stringify(input).includes('lost-answers');
      if (!mine || lost.has(key)) return;
      lost.add(key);
      throw ApplicationFailure.create({ message: 'connection reset', nextRetryDelay: '1 millisecond' });
    });
    const claim = await stage.startClaim('lost-answers');
    await toReview(claim);
    await claim.finish('review', { decision: 'approve' });
    assert.equal((await claim.result()).outcome, 'paid');
    stop();
    assert.ok(lost.size >= 4, [...lost].join());
    assert.deepEqual(ledger(claim), ['reserve', 'pay']);
    assert.deepEqual(stage.fragment.open(claim.id), []);
  });
});
