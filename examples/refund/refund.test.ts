import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { startTimeSkipping, type TimeSkipping } from '../../testing/index.js';
import { workflowsAt } from '../../worker/index.js';
import type { BankActivities } from './bank.js';
import { REFUND, refundWorkflowId, type RefundInput, type RefundResult } from './contract.js';
import { refundProcess } from './definition.js';

describe('a refund', function () {
  this.timeout(120_000);
  let stage: TimeSkipping;
  let moved: string[] = [];
  let blocked = false;

  /** A bank without HTTP: time cannot be skipped over it. */
  const bank: BankActivities = {
    reserve: async ({ amount }) => `reservation ${moved.push(`reserve ${amount}`)}`,
    release: async ({ amount }) => void moved.push(`release ${amount}`),
    payBack: async ({ amount }) => {
      if (blocked) throw ApplicationFailure.nonRetryable('account blocked', 'BankRefused');
      return `payment ${moved.push(`pay ${amount}`)}`;
    },
    takeBack: async () => void moved.push('take back'),
  };

  before(async () => {
    stage = await startTimeSkipping({
      workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
      processes: [{ ...refundProcess({ url: '', token: '' }), activities: bank }],
    });
  });
  after(() => stage?.stop());
  beforeEach(() => {
    moved = [];
    blocked = false;
  });

  function start(orderId: string, lifecycle: RefundInput['lifecycle']) {
    const input: RefundInput = { orderId, currency: 'EUR', lifecycle };
    return stage.start<'request' | 'approve' | 'pay_back', RefundResult>(REFUND, {
      workflowId: refundWorkflowId(orderId),
      args: [input],
    });
  }

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`is requested, approved by another person and paid back (${lifecycle})`, async () => {
      const refund = await start(`paid-${lifecycle}`, lifecycle);
      const request = await refund.at('request');
      await refund.finish('request', { amount: 'much' }, 'ann');
      // The process knows what is wrong before the task says it.
      await refund.until('it is handed back', () => stage.fragment.get(String(request.uid)).comments.length > 0);
      assert.deepEqual(await refund.comments('request'), ['The amount has to be a number.']);
      await refund.finish('request', { amount: 1_250 }, 'ann');

      const approval = await refund.at('approve');
      if (lifecycle === 'single-task') {
        const [task] = stage.fragment.of(refund.handle.workflowId);
        assert.equal(task?.form_data?.amount, null, 'the form still holds what the step before was answered');
      }
      await refund.finish('approve', { decision: 'approve' }, 'ann');
      await refund.until('it is handed back', () => stage.fragment.get(String(approval.uid)).status === 'TODO');
      await refund.finish('approve', { decision: 'approve' }, 'ben');

      const result = await refund.result();
      assert.deepEqual(result, { outcome: 'paid_back', amount: 1_250, reference: 'payment 2' });
      assert.deepEqual(moved, ['reserve 1250', 'pay 1250']);
      assert.equal(stage.fragment.of(refund.handle.workflowId).length, lifecycle === 'single-task' ? 1 : 3);
      assert.deepEqual(stage.fragment.open(refund.handle.workflowId), []);
    });

    it(`gives the reserved amount back when it is rejected (${lifecycle})`, async () => {
      const refund = await start(`rejected-${lifecycle}`, lifecycle);
      await refund.at('request');
      await refund.finish('request', { amount: 500 }, 'ann');
      await refund.at('approve');
      await refund.finish('approve', { decision: 'reject', note: 'used' }, 'ben');
      assert.deepEqual(await refund.result(), { outcome: 'rejected', reason: 'used' });
      assert.deepEqual(moved, ['reserve 500', 'release 500']);
    });

    it(`is parked with its task open when the bank refuses, and undone when it is withdrawn (${lifecycle})`, async () => {
      blocked = true;
      const refund = await start(`refused-${lifecycle}`, lifecycle);
      await refund.at('request');
      await refund.complete({ step: 'request', data: { amount: 700 }, by: 'ann' });
      await refund.at('approve');
      await refund.complete({ step: 'approve', decision: 'approve', by: 'ben' });
      await refund.at('pay_back', { status: 'parked' });
      assert.equal(stage.fragment.open(refund.handle.workflowId).length, 1);
      await refund.withdraw('the customer keeps it');
      assert.deepEqual(await refund.result(), { outcome: 'withdrawn', reason: 'the customer keeps it' });
      assert.deepEqual(moved, ['reserve 700', 'release 700']);
      assert.deepEqual(stage.fragment.open(refund.handle.workflowId), []);
    });
  }

  it('is raised to an operator when nobody has approved it a day after the two that there are', async () => {
    const refund = await start('late', 'task-per-step');
    await refund.at('request');
    await refund.finish('request', { amount: 100 }, 'ann');
    await refund.at('approve');
    await stage.skip('2.5 days');
    assert.equal((await refund.state()).needsAttention, undefined);
    await stage.skip('1 day');
    assert.match((await refund.state()).needsAttention ?? '', /^approve is overdue/);
    await refund.finish('approve', { decision: 'approve' }, 'ben');
    assert.equal((await refund.result()).outcome, 'paid_back');
  });
});
