import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReconcileActivities, type AwaitedPage, type Drift } from '../../activities/reconcile.js';
import type { Mended } from '../../activities/reconcile-mend.js';
import { RunningProcesses } from '../../activities/running-processes.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { startSandbox } from '../../sandbox/server.js';

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

  it('leave a task that Fragment refuses to show to a person, and go on', async () => {
    const sandbox = await startSandbox({ token: 't', team: false });
    try {
      sandbox.faults.add({ kind: 'status', status: 422, times: 'always', match: { uid, method: 'GET' } });
      const shown = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
      gateway.close();
      gateway = new Gateway({ client: shown, requestsPerMinute: 6_000, maxBatch: 100 });
      const owners = async () => new Map([[workflowId, { state: 'silent' as const, why: 'no worker' }]]);
      const environment = new MockActivityEnvironment();
      const { drifts } = await environment.run<[], AwaitedPage, () => Promise<AwaitedPage>>(() =>
        reconciling().compareAwaited({ size: 10, graceMs: 0 }),
      );
      assert.deepEqual(
        drifts.map(({ kind, remedy }) => [kind, remedy]),
        [['unknown', 'none']],
      );
      assert.match(drifts[0]?.is ?? '', /not shown: Fragment answered 422 to GET/);
      const before = Object.getOwnPropertyDescriptor(RunningProcesses.prototype, 'owners') as PropertyDescriptor;
      RunningProcesses.prototype.owners = owners;
      const mended = await environment
        .run<[], Mended[], () => Promise<Mended[]>>(() => reconciling().mendDrifts({ drifts: [drift] }))
        .finally(() => Object.defineProperty(RunningProcesses.prototype, 'owners', before));
      assert.deepEqual(
        mended.map(({ outcome, done }) => [outcome, /422/.test(done)]),
        [['left', true]],
      );
    } finally {
      await sandbox.close();
    }
  });
});
