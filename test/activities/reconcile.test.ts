import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReconcileActivities, type Drift } from '../../activities/reconcile.js';
import { RunningProcesses } from '../../activities/running-processes.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';

const uid = taskUid('reconcile#1');
const workflowId = 'claim-1';
const drift: Drift = { uid, workflowId, kind: 'orphan', is: 'open', should: 'DONE', why: 'ended', remedy: 'close' };

describe('the activities of reconciliation', () => {
  const client = new FragmentClient({ baseUrl: 'http://127.0.0.1:9', token: 't', userAgent: 'test/0' });
  const page = Object.getOwnPropertyDescriptor(RunningProcesses.prototype, 'page') as PropertyDescriptor;
  let gateway: Gateway;
  beforeEach(() => {
    gateway = new Gateway({ client, requestsPerMinute: 60, maxBatch: 100, maySend: () => false });
    const awaited = { uid, process: 'claim', step: 'review', round: 1, fields: {} };
    const expects = { awaited } as never;
    RunningProcesses.prototype.page = async () => ({ processes: [{ workflowId, answer: { expects } }] });
  });
  afterEach(() => {
    Object.defineProperty(RunningProcesses.prototype, 'page', page);
    gateway.close();
  });

  const reconciling = () =>
    createReconcileActivities({
      gateway,
      client,
      temporal: {} as Client,
      parseAnswer: () => ({ answer: {} }),
      taskKeys: () => undefined,
    });

  for (const [what, run] of [
    ['comparing', () => reconciling().compareAwaited({ size: 10, graceMs: 0 })],
    ['mending', () => reconciling().mendDrifts({ drifts: [drift] })],
  ] as const) {
    it(`end while they wait to read the tasks, cancelled in ${what}`, async () => {
      const environment = new MockActivityEnvironment();
      const running = environment.run<[], unknown, () => Promise<unknown>>(run);
      running.catch(() => 'asserted below');
      while (gateway.stats().waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      environment.cancel();
      await assert.rejects(running, CancelledFailure);
      assert.deepEqual([gateway.stats().waiting, gateway.stats().requests], [0, 0]);
    });
  }
});
