/** Acceptance F: failure and recovery. */
import assert from 'node:assert/strict';
import { acceptanceStage, type AcceptanceStage } from './stage.js';

describe('F. failure and recovery', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  const parkedPayment = async (id: string, rule: 'refuse' | 'refuseOnce') => {
    (on.stage.sandbox.ledger.rules[rule] as string[]).push(id);
    const claim = await on.start(id, { amount: 10_000 });
    await claim.through('data_entry', 'review');
    return { claim, payment: await claim.at('payment', 'parked') };
  };

  it('66. a failed step goes on when an operator retries it', async () => {
    const { claim, payment } = await parkedPayment('f66-retry', 'refuseOnce');
    await on.claims.retry(claim.id, { by: 'olga', reason: 'the account exists now' });
    const { outcome, reference } = await claim.result();
    assert.equal(outcome, 'paid');
    assert.ok(on.stage.sandbox.ledger.payments().some(({ id }) => id === reference));
    assert.equal(claim.task(payment).status, 'DONE');
  });

  it('66. a failed step is done by hand, with input', async () => {
    const { claim, payment } = await parkedPayment('f66-input', 'refuse');
    await on.claims.complete(claim.id, { step: 'payment', reference: 'WIRE-7', by: 'olga' });
    const { outcome, reference } = await claim.result();
    assert.deepEqual([outcome, reference], ['paid', 'WIRE-7']);
    assert.equal(claim.task(payment).status, 'DONE');
  });

  it('66. a failed step is done by hand by the person who has its task', async () => {
    const { claim, payment } = await parkedPayment('f66-person', 'refuse');
    await claim.finish(payment, { reference: 'CASH-1' });
    assert.deepEqual([(await claim.result()).outcome, (await claim.result()).reference], ['paid', 'CASH-1']);
  });

  it('66. a failed step is rejected: the claim is withdrawn and everything undone', async () => {
    const { claim } = await parkedPayment('f66-reject', 'refuse');
    await on.claims.withdraw(claim.id, { by: 'olga', reason: 'not covered after all' });
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(claim.open(), []);
    const reservation = on.stage.sandbox.ledger.reservations().find(({ claim_id }) => claim_id === claim.id);
    assert.equal(reservation?.status, 'released');
  });

  it('72. a claim that has ended is shown as ended, whatever was asked of it at its end', async () => {
    const claim = await on.start('f72', { amount: 10_000 });
    await claim.through('data_entry');
    await claim.at('review');
    const reject = { step: 'review', decision: 'reject', note: 'not covered', by: 'ada' };
    await Promise.all([1, 2, 3].map(() => on.claims.complete('f72', reject).catch(() => undefined)));
    assert.equal((await claim.result()).outcome, 'rejected');
    const { status, raw } = await claim.handle.describe();
    assert.equal(status.name, 'COMPLETED');
    assert.deepEqual(raw.pendingActivities ?? [], []);
    const { outcome, step, needsAttention } = await claim.state();
    assert.deepEqual([outcome, step, needsAttention], ['rejected', undefined, undefined]);
  });
});
