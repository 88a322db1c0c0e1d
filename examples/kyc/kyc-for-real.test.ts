import assert from 'node:assert/strict';
import { connect, startOnce } from '../../client/index.js';
import { startLocalStage, type LocalStage } from '../../testing/index.js';
import { workflowsAt } from '../../worker/index.js';
import { KYC_REVIEW, kycWorkflowId, type KycInput } from './contract.js';
import { kycProcess } from './definition.js';

describe('a KYC re-check on a real Temporal server, over HTTP', function () {
  this.timeout(120_000);
  let stage: LocalStage;
  before(async () => {
    stage = await startLocalStage({
      workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
      processes: [kycProcess],
      team: {
        thinkMs: [20, 50],
        decide: ({ fields: { step, round } }) => {
          if (step === 'documents') return { form_data: {} };
          return { form_data: round === 1 ? { decision: 'rework', missing: 'passport' } : { decision: 'clear' } };
        },
      },
    });
  });
  after(() => stage?.stop());

  it('is cleared in the second round', async () => {
    const { client, close } = await connect();
    const input: KycInput = { customerId: 'c-1', lifecycle: 'single-task', lead: 'lead@example.com' };
    const workflowId = kycWorkflowId('c-1');
    const start = { type: KYC_REVIEW, workflowId, input, content: input, summary: 'KYC c-1', details: '' };
    assert.equal(await startOnce(client, start), 'started');
    assert.equal(await startOnce(client, start), 'same');
    assert.deepEqual(await client.workflow.getHandle(workflowId).result(), { outcome: 'cleared', rounds: 2 });
    await close();
    const [task, ...more] = stage.sandbox.tasks.all();
    assert.deepEqual([task?.status, task?.fields.round, more.length], ['DONE', 2, 0]);
  });
});
