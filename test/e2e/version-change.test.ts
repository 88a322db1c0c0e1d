import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { decodeVersioningBehavior } from '@temporalio/common/lib/worker-deployments.js';
import { workersFindings } from '../../cli/doctor-workers.js';
import { Claims } from '../../client/index.js';
import { FEED_WORKFLOW_ID } from '../../workflows/account/contract.js';
import { claimWorkflowId, type ClaimStep } from '../../workflows/claim/contract.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { startFlows, type FlowsOptions, type RunningFlows } from '../cli/flows.js';
import { until } from '../until.js';

const DEPLOYMENT = 'claims';
const V1 = ['v1-fresh', 'v1-at-payment'];
const V2 = ['v2-fresh', 'v2-more'];

/** docs/upgrade.md, done: the workers are processes, and the second version has a step that the first has not. */
describe('a running process whose code is changed', function () {
  this.timeout(240_000);
  let backdrop: Backdrop;
  let temporal: Client;
  let claims: Claims;
  const workers: RunningFlows[] = [];

  before(async () => {
    backdrop = await setBackdrop({ behaviour: { rateLimit: 600 } });
    temporal = new Client({ connection: await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS }) });
    claims = new Claims(temporal);
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
    await temporal?.connection.close();
    await backdrop?.stop();
  });

  it('ends on the version that it began on, while new ones begin on the next, and the feed moves over', async () => {
    const gateway = startGateway();
    const first = start(['worker', '--role', 'processes'], { env: versioned('1') });
    assert.match(await until(() => saidOfWorkers(/claims:1/)), /none of them is unversioned, which is current/);
    await makeCurrent('1');
    // It is given nothing to do before it is current.
    const second = start([], { env: versioned('2'), program: 'test/e2e/second-version/worker.ts' });
    await startAll(V1);
    await finish('v1-at-payment', 'data_entry');
    await finish('v1-at-payment', 'review', { decision: 'approve' });
    await taskOf('v1-at-payment', 'payment');

    await makeCurrent('2');
    await startAll(V2);
    for (const id of [...V1, ...V2]) {
      if (id === 'v1-at-payment') continue;
      await finish(id, 'data_entry');
      await finish(id, 'review', { decision: 'approve' });
    }
    assert.match((await workersFindings(temporal))[0].said, /\(claims:1, claims:2\); current: claims:2$/);
    for (const id of V2) await finish(id, 'approval', { decision: 'approve' }, 'bob@example.com');
    for (const id of [...V1, ...V2]) await finish(id, 'payment');
    for (const id of [...V1, ...V2]) assert.equal((await claims.result(id)).outcome, 'paid', id);

    for (const id of V1) {
      assert.deepEqual(stepsOf(id), ['data_entry', 'payment', 'review'], id);
      assert.deepEqual(await versionsOf(claimWorkflowId(id)), ['1 PINNED'], id);
    }
    for (const id of V2) {
      assert.deepEqual(stepsOf(id), ['approval', 'data_entry', 'payment', 'review'], id);
      assert.deepEqual(await versionsOf(claimWorkflowId(id)), ['2 PINNED'], id);
    }
    assert.deepEqual(await versionsOf(FEED_WORKFLOW_ID), ['2 PINNED']);

    // The lease sleeps while it is held; the next takeover takes it along.
    startGateway();
    assert.equal((await gateway.stop('SIGTERM')).code, 0);
    await until(async () => (await runningOn('1')) === 0);
    assert.ok((await runningOn('2')) > 0);
    for (const worker of [first, second]) assert.equal((await worker.stop('SIGTERM')).code, 0);
  });

  const startGateway = () => start(['worker', '--role', 'gateway'], { env: { FRAGMENT_REQUESTS_PER_MINUTE: '600' } });

  function start(args: string[], options: FlowsOptions = {}): RunningFlows {
    const worker = startFlows(args, { ...options, env: { ...backdrop.env, ...options.env } });
    workers.push(worker);
    return worker;
  }

  const versioned = (buildId: string) => ({ TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT, TEMPORAL_WORKER_BUILD_ID: buildId });

  /** As `temporal worker deployment set-current-version` does; Temporal knows a version once a worker of it has polled. */
  async function makeCurrent(buildId: string): Promise<void> {
    const { workflowService } = temporal;
    await until(() =>
      workflowService
        .setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName: DEPLOYMENT, buildId })
        .catch(() => undefined),
    );
  }

  /** By `flows doctor`, once it says that. */
  async function saidOfWorkers(pattern: RegExp): Promise<string | undefined> {
    const [{ said }] = await workersFindings(temporal);
    return pattern.test(said) ? said : undefined;
  }

  async function runningOn(buildId: string): Promise<number> {
    const version = `TemporalWorkerDeploymentVersion = '${DEPLOYMENT}:${buildId}'`;
    return (await temporal.workflow.count(`${version} AND ExecutionStatus = 'Running'`)).count;
  }

  async function startAll(ids: string[]): Promise<void> {
    for (const id of ids) await claims.start({ id, total: { amount: 40_000, currency: 'USD' } });
    for (const id of ids) await taskOf(id, 'data_entry');
  }

  const tasksOf = (id: string) => backdrop.sandbox.tasks.all().filter(({ fields }) => fields.claim_id === id);
  const stepsOf = (id: string) =>
    tasksOf(id)
      .map(({ fields }) => String(fields.step))
      .toSorted();
  const taskOf = (id: string, step: ClaimStep) => until(() => tasksOf(id).find(({ fields }) => fields.step === step));

  async function finish(id: string, step: ClaimStep, form_data = {}, by = 'ada@example.com'): Promise<void> {
    const { uid } = await taskOf(id, step);
    backdrop.sandbox.tasks.apply('PATCH', { uid, status: 'DONE', form_data }, by);
  }

  /** Who carried the process on, by its history. */
  async function versionsOf(workflowId: string): Promise<string[]> {
    const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
    const seen = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
      task ? [`${task.deploymentVersion?.buildId} ${decodeVersioningBehavior(task.versioningBehavior)}`] : [],
    );
    return [...new Set(seen)];
  }
});
