import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { Claims } from '../../client/index.js';
import { taskUid } from '../../fragment/uid.js';
import { logFields } from '../../worker/log-fields.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { until } from '../until.js';

type Line = Record<string, unknown> & { msg: string; error?: Record<string, unknown> };

describe("A worker's log lines", function () {
  this.timeout(120_000);
  let backdrop: Backdrop;
  let lines: Line[];

  before(async () => {
    backdrop = await setBackdrop();
    const worker = await backdrop.worker();
    const connection = await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS });
    const client = new Client({ connection });
    const claims = new Claims(client);
    backdrop.sandbox.faults.add({ kind: 'status', status: 422, match: { method: 'PUT' } });
    await claims.start({ id: 'C-1', total: { amount: 100, currency: 'USD' } });
    await until(async () => (await claims.state('C-1')).needsAttention);
    // No worker has such a workflow.
    await client.workflow.start('unheard-of', { workflowId: 'unheard-of', taskQueue: 'processes' });
    await worker.printed(/Failed to process Workflow Activation/);
    await worker.printed(/Failing workflow task/);
    const { stderr } = await worker.stop('SIGTERM');
    lines = stderr
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    await connection.close();
  });
  after(() => backdrop?.stop());

  it('name the claim, its workflow and the task, where they are about one', () => {
    const { workflowId, claimId, uid, activityType } = lineOf('Activity failed');
    assert.deepEqual(
      { workflowId, claimId, uid, activityType },
      { workflowId: 'claim-C-1', claimId: 'C-1', uid: taskUid('claim#C-1#data_entry#1'), activityType: 'openTask' },
    );
  });

  it('say of a failure what kind it is and where, and leave its words to the history', () => {
    const { error } = lineOf('Activity failed');
    assert.equal(error?.name, 'ApplicationFailure');
    assert.equal(error.type, 'FragmentRejected');
    assert.ok(Array.isArray(error.at));
    assert.match(JSON.stringify(lineOf('Failed to process Workflow Activation').error?.at), /at .*workflow/);
    const thrown = new Error('zz-words');
    assert.doesNotMatch(JSON.stringify(logFields({ error: thrown })), /zz-words/);
    assert.match(JSON.stringify(logFields({ error: thrown })), /log-fields\.test/);
  });

  it('say of a request to Temporal by which status it failed, and no word of the server', () => {
    const status =
      'Status { code: Unavailable, message: "zz-words", metadata: MetadataMap { headers: {} }, source: None }';
    assert.deepEqual(logFields({ error: status }), { error: 'Unavailable' });
    assert.deepEqual(logFields({ error: `zz-words ${status}` }), { error: 'string' });
    const unavailable = Object.assign(new Error('14 UNAVAILABLE: zz-words'), { code: 14 });
    for (const error of [unavailable, new Error('zz-words', { cause: unavailable })]) {
      const fields = logFields({ error }) as { error: { code?: number } };
      assert.equal(fields.error.code, 14);
      assert.doesNotMatch(JSON.stringify(fields), /zz-words/);
    }
  });

  it('leave out what a workflow threw, which Temporal keeps encrypted where there are keys', () => {
    assert.ok(lines.some(({ msg }) => msg === 'Failing workflow task'));
    for (const line of lines) assert.ok(!('failure' in line), line.msg);
  });

  it('leave out what is of no use to anybody', () => {
    for (const line of lines) assert.ok(!('taskToken' in line), line.msg);
  });

  function lineOf(message: string): Line {
    return lines.find(({ msg }) => msg === message) ?? assert.fail(`no line says: ${message}`);
  }
});
