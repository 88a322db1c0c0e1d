import assert from 'node:assert/strict';
import type { ClaimResult } from '../../workflows/claim/contract.js';
import type { ProcessState } from '../../workflows/tasks/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

const usd = (id: string, amount: number) => ({ id, total: { amount, currency: 'USD' } });

describe('a claim, from data entry to payment', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await setStage({
      team: {
        seed: 1,
        thinkMs: [50, 150],
        decide: (task, attempt) => {
          const { claim_id: claim, step, round } = task.fields as { claim_id: string; step: string; round: number };
          if (claim === 'waits' && step === 'review') return { skip: true };
          if (claim === 'rework' && step === 'review' && round === 1) return { decision: 'request_info' };
          if (claim === 'rejected' && step === 'review') return { decision: 'reject' };
          if (claim === 'unclear' && step === 'review' && attempt === 1) return { form_data: { decision: 'perhaps' } };
          return step === 'review' || step === 'approval' ? { decision: 'approve' } : undefined;
        },
      },
      ledger: { refuse: ['refused'] },
    });
  });
  after(() => stage?.stop());

  const openTasks = (claim: string) =>
    stage.sandbox.tasks.all().filter((task) => task.fields?.claim_id === claim && task.status !== 'DONE');
  const tasksOf = (claim: string) => stage.sandbox.tasks.all().filter((task) => task.fields?.claim_id === claim);

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`is paid, with nothing left open (${lifecycle})`, async () => {
      const claim = `paid-${lifecycle}`;
      const handle = await stage.startClaim(usd(claim, 80_000), { lifecycle });
      const result: ClaimResult = await handle.result();
      assert.equal(result.outcome, 'paid');
      assert.deepEqual(openTasks(claim), []);
      assert.equal(tasksOf(claim).length, lifecycle === 'single-task' ? 1 : 4);
      const payments = stage.sandbox.ledger.payments().filter((payment) => payment.claim_id === claim);
      assert.deepEqual(
        payments.map(({ amount }) => amount),
        [80_000],
      );
    });
  }

  it('needs no approval below the threshold', async () => {
    const handle = await stage.startClaim(usd('small', 10_000));
    assert.equal(((await handle.result()) as ClaimResult).outcome, 'paid');
    assert.deepEqual(
      tasksOf('small').map((task) => task.fields?.step),
      ['data_entry', 'review', 'payment'],
    );
  });

  it('goes back to data entry when the review asks for information, and tells why', async () => {
    const handle = await stage.startClaim(usd('rework', 10_000));
    const result: ClaimResult = await handle.result();
    assert.deepEqual([result.outcome, result.rounds], ['paid', 2]);
    const second = tasksOf('rework').find((task) => task.fields?.step === 'data_entry' && task.fields.round === 2);
    assert.match(JSON.stringify(stage.sandbox.tasks.detail(String(second?.uid))), /Round 2/);
  });

  it('ends without payment when it is rejected', async () => {
    const handle = await stage.startClaim(usd('rejected', 90_000));
    assert.equal(((await handle.result()) as ClaimResult).outcome, 'rejected');
    assert.deepEqual(openTasks('rejected'), []);
    assert.equal(
      stage.sandbox.ledger.payments().some((payment) => payment.claim_id === 'rejected'),
      false,
    );
  });

  it('gives an answer that is none back to the person, with what is wrong', async () => {
    const handle = await stage.startClaim(usd('unclear', 10_000));
    assert.equal(((await handle.result()) as ClaimResult).outcome, 'paid');
    const review = tasksOf('unclear').find((task) => task.fields?.step === 'review');
    assert.match(JSON.stringify(stage.sandbox.tasks.detail(String(review?.uid))), /approve/);
  });

  it('leaves nothing open when it is withdrawn in review, and says why on the task', async () => {
    const handle = await stage.startClaim(usd('waits', 10_000));
    await until(async () => {
      const { step, steps } = await handle.query<ProcessState>('state');
      return step === 'review' && steps.at(-1)?.status === 'waiting';
    });
    await handle.executeUpdate('withdraw', { args: [{ reason: 'patient moved away', by: 'backend' }] });
    const result: ClaimResult = await handle.result();
    assert.deepEqual([result.outcome, result.reason], ['withdrawn', 'patient moved away']);
    assert.deepEqual(openTasks('waits'), []);
    const review = tasksOf('waits').find((task) => task.fields?.step === 'review');
    assert.match(JSON.stringify(stage.sandbox.tasks.detail(String(review?.uid))), /patient moved away/);
  });

  it('gives a refused payment to a person, and is paid by hand once', async () => {
    const handle = await stage.startClaim(usd('refused', 10_000));
    const result: ClaimResult = await handle.result();
    assert.equal(result.outcome, 'paid');
    assert.deepEqual(openTasks('refused'), []);
    assert.equal(
      stage.sandbox.ledger.payments().some((payment) => payment.claim_id === 'refused'),
      false,
    );
  });

  it('never asked more of Fragment than it allows', () => {
    assert.equal(stage.gateway.stats().s429, 0);
    assert.ok(stage.sandbox.stats().maxIn60s <= 60);
  });
});
