import assert from 'node:assert/strict';
import { startLocalStage, startSandbox, type LocalStage, type Sandbox } from '../../testing/index.js';
import { workflowsAt } from '../../worker/index.js';
import { refundProcess } from './definition.js';
import { startRefund } from './start.js';

describe('a refund on a real Temporal server, over HTTP', function () {
  this.timeout(120_000);
  let bank: Sandbox;
  let stage: LocalStage;
  before(async () => {
    bank = await startSandbox({ token: 'bank', team: false });
    stage = await startLocalStage({
      workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
      processes: [refundProcess({ url: bank.paymentsUrl, token: 'bank' })],
      team: {
        thinkMs: [20, 50],
        decide: ({ fields: { step, order_id } }) => {
          if (step === 'request') return { form_data: { amount: 990 }, by: 'ann@example.com' };
          const decision = order_id === 'used' ? 'reject' : 'approve';
          return { form_data: { decision }, by: 'ben@example.com' };
        },
      },
    });
  });
  after(async () => {
    await stage?.stop();
    await bank?.close();
  });

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`is paid back once, and leaves nothing open (${lifecycle})`, async () => {
      const result = await startRefund({ orderId: lifecycle, currency: 'EUR', lifecycle });
      assert.equal(result.outcome, 'paid_back');
      const payments = bank.ledger.payments().filter(({ claim_id }) => claim_id === lifecycle);
      assert.deepEqual(
        payments.map(({ id, amount }) => [id, amount]),
        [[result.reference, 990]],
      );
      assert.deepEqual(openTasks(lifecycle), []);
    });
  }

  it('leaves no amount reserved when it is rejected', async () => {
    const result = await startRefund({ orderId: 'used', currency: 'EUR', lifecycle: 'task-per-step' });
    assert.equal(result.outcome, 'rejected');
    const reserved = bank.ledger.reservations().filter(({ claim_id }) => claim_id === 'used');
    assert.deepEqual(
      reserved.map(({ status }) => status),
      ['released'],
    );
    assert.deepEqual(openTasks('used'), []);
  });

  const openTasks = (orderId: string) =>
    stage.sandbox.tasks.all().filter(({ fields, status }) => fields.order_id === orderId && status !== 'DONE');
});
