import assert from 'node:assert/strict';
import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { describe, it } from 'mocha';
import { Claims } from '../../client/claims.js';
import { digestOf } from '../../client/digest.js';

const claim = { id: 'c-1', total: { amount: 91_054, currency: 'USD' } };

/** Temporal as far as a start and a look-up go: it remembers ids and memos. */
function fakeTemporal() {
  const starts: WorkflowStartOptions[] = [];
  const find = (id: string) => starts.find(({ workflowId }) => workflowId === id);
  const missing = (id: string) => new WorkflowNotFoundError('workflow not found', id, undefined);
  const workflow = {
    async start(type: string, options: WorkflowStartOptions) {
      if (find(options.workflowId)) {
        throw new WorkflowExecutionAlreadyStartedError('already started', options.workflowId, type);
      }
      starts.push(options);
    },
    getHandle: (id: string) => ({
      async describe() {
        const { memo } = find(id) ?? assert.fail(missing(id));
        return { memo, status: { name: 'COMPLETED' } };
      },
      async executeUpdate() {
        throw missing(id);
      },
    }),
  };
  const client = {
    workflow,
    connection: {},
    withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
  } as unknown as Client;
  return { claims: new Claims(client), client, starts };
}

describe('Claims', () => {
  it('starts a claim once, whatever the order of its keys', async () => {
    const { claims, starts } = fakeTemporal();
    assert.deepEqual(await claims.start(claim), { workflowId: 'claim-c-1', started: true });
    const again = { total: { currency: 'USD', amount: 91_054 }, id: 'c-1' };
    assert.deepEqual(await claims.start(again, { lifecycle: 'single-task' }), {
      workflowId: 'claim-c-1',
      started: false,
    });
    assert.equal(starts.length, 1);
    assert.equal(starts[0]?.staticSummary, 'Claim c-1 · 910.54 USD');
    assert.equal(starts[0]?.taskQueue, 'processes');
  });

  it('refuses other content under the same id, and says what to do', async () => {
    const { claims } = fakeTemporal();
    await claims.start(claim);
    await assert.rejects(claims.start({ ...claim, type: 'oral' }), {
      name: 'ClaimConflictError',
      message: /claim c-1: .*other content.*new id/,
    });
  });

  it('refuses the same claim for another Fragment account: its tasks would be where nobody looks for them', async () => {
    const { claims, starts } = fakeTemporal();
    await claims.start(claim, { account: 'acme' });
    assert.equal((await claims.start(claim, { account: 'acme' })).started, false);
    for (const account of ['globex', undefined]) {
      await assert.rejects(claims.start(claim, { account }), {
        name: 'ClaimConflictError',
        message: /with other content, or for another Fragment account, .*new id/,
      });
    }
    assert.equal(starts.length, 1);
    assert.deepEqual(starts[0]?.memo?.account, 'acme');
  });

  it('refuses wrong claims, lifecycles and policies before anything is sent', async () => {
    const { claims, client, starts } = fakeTemporal();
    await assert.rejects(
      claims.start({ ...claim, total: { amount: 910.54, currency: 'USD' } }),
      /total\.amount: .*minor units/,
    );
    await assert.rejects(
      claims.start(claim, { lifecycle: 'both' as 'single-task' }),
      /lifecycle: must be one of task-per-step/,
    );
    await assert.rejects(claims.start(claim, { policy: { approvalFrom: -1 } }), /approvalFrom/);
    // A variable that is set and blank names no account, and not the default one either.
    await assert.rejects(claims.start(claim, { account: '' }), { name: 'InputError', message: /is no account name/ });
    assert.throws(() => new Claims(client, { policy: { fourEyes: 'no' as 'strict' } }), /fourEyes/);
    assert.equal(starts.length, 0);
  });

  it('cuts a summary that Temporal would refuse', async () => {
    const { claims, starts } = fakeTemporal();
    await claims.start({ ...claim, id: 'ü'.repeat(200) });
    assert.ok(Buffer.byteLength(starts[0]?.staticSummary ?? '') <= 200);
  });

  it('checks an answer before it is sent', async () => {
    const { claims } = fakeTemporal();
    await assert.rejects(
      claims.complete('c-1', { step: 'review' }),
      /Choose a decision: approve, reject or request_info\./,
    );
    await assert.rejects(claims.complete('c-1', { step: 'audit' }), /step: must be one of data_entry/);
    await assert.rejects(claims.withdraw('c-1', { reason: ' ' }), /reason: must not be empty/);
  });

  it('tells a claim that has ended from one that never was', async () => {
    const { claims } = fakeTemporal();
    await claims.start(claim);
    await assert.rejects(claims.withdraw('c-1', { reason: 'r' }), {
      name: 'ClaimClosedError',
      message: /ended \(completed\)/,
    });
    await assert.rejects(claims.withdraw('c-9', { reason: 'r' }), {
      name: 'ClaimNotFoundError',
      message: /^claim c-9: no such/,
    });
  });
});

describe('digestOf', () => {
  it('sees content, not the order of keys or keys without a value', () => {
    assert.equal(digestOf({ a: 1, b: { c: [1, 2], d: undefined } }), digestOf({ b: { c: [1, 2] }, a: 1 }));
    assert.notEqual(digestOf({ a: [1, 2] }), digestOf({ a: [2, 1] }));
  });
});
