import assert from 'node:assert/strict';
import { startTimeSkipping, type TimeSkipping } from '../../testing/index.js';
import { workflowsAt } from '../../worker/index.js';
import { KYC_REVIEW, kycWorkflowId, type KycInput, type KycResult } from './contract.js';
import { kycProcess } from './definition.js';

describe('a KYC re-check', function () {
  this.timeout(120_000);
  let stage: TimeSkipping;
  before(async () => {
    stage = await startTimeSkipping({
      workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
      processes: [kycProcess],
    });
  });
  after(() => stage?.stop());

  function start(customerId: string, lifecycle: KycInput['lifecycle'] = 'task-per-step') {
    const input: KycInput = { customerId, lifecycle, lead: 'lead@example.com' };
    const workflowId = kycWorkflowId(customerId);
    return stage.start<'documents' | 'review', KycResult>(KYC_REVIEW, { workflowId, args: [input] });
  }

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`goes back for what is missing, round after round (${lifecycle})`, async () => {
      const sendHome = stage.people(({ fields: { step, round, customer_id } }) => {
        if (customer_id !== `rework-${lifecycle}`) return undefined;
        if (step === 'documents') return {};
        return { form_data: round === 1 ? { decision: 'rework', missing: 'passport' } : { decision: 'clear' } };
      });
      const review = await start(`rework-${lifecycle}`, lifecycle);
      assert.deepEqual(await review.result(), { outcome: 'cleared', rounds: 2 });
      sendHome();
      const comments = stage.fragment.of(review.handle.workflowId).flatMap((task) => task.comments);
      assert.deepEqual(comments, ['Still missing: passport']);
    });
  }

  it('hands a rework back that does not say what is missing', async () => {
    const review = await start('unclear');
    await review.at('documents');
    await review.finish('documents');
    const { uid } = await review.at('review');
    await review.finish('review', { decision: 'rework' });
    // The process knows what is wrong before the person has the task again.
    await review.until('it is handed back', () => stage.fragment.get(String(uid)).status === 'TODO');
    await review.finish('review', { decision: 'block', note: 'forged' });
    assert.deepEqual(await review.result(), { outcome: 'blocked', reason: 'forged', rounds: 1 });
  });

  it('gives an overdue review to the lead', async () => {
    const review = await start('overdue');
    await review.at('documents');
    await review.finish('documents');
    const { uid } = await review.at('review');
    await stage.skip('3.5 days');
    assert.deepEqual(await review.whats(), ['done', 'overdue', 'escalate']);
    const given = stage.fragment.calls.filter(({ activity }) => activity === 'reassignTask');
    assert.deepEqual(
      given.map(({ input }) => [input.uid, input.email]),
      [[uid, 'lead@example.com']],
    );
    await review.finish('review', { decision: 'clear' });
    assert.equal((await review.result()).outcome, 'cleared');
  });
});
