import assert from 'node:assert/strict';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createReconcileActivities, createTaskActivities } from '../../activities/index.js';
import { RunningProcesses } from '../../activities/running-processes.js';
import { Claims, Onboardings } from '../../client/index.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { keepAlive } from '../../worker/keep-alive.js';
import { claimProcess } from '../../worker/own-processes.js';
import { formKeysOf, parseAnswerOf, taskKeysOf } from '../../worker/process-definition.js';
import { RECONCILE_WORKFLOW, reconcileId, type ReconcileReport } from '../../workflows/account/reconcile-contract.js';
import { PROCESSES_QUEUE, fragmentQueue } from '../../workflows/tasks/contract.js';
import { flows } from '../cli/flows.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

const ACME = 'acme';
const uidOf = (claim: string) => taskUid(`claim#${claim}#data_entry#1`);

describe('reconciliation of two accounts on one Temporal', function () {
  this.timeout(180_000);
  let stage: Stage;
  /** Of the account acme; the default account's is the stage's. */
  let acme: Sandbox;
  let claims: Claims;
  const undo: (() => unknown)[] = [];

  before(async () => {
    stage = await setStage({ feed: false, payments: false, team: false, requestsPerMinute: 6_000 });
    claims = new Claims(stage.temporal);
    await serveAcme();
    for (const id of ['stale', 'ended', 'alive']) {
      await start(id);
      await start(`acme-${id}`, ACME);
    }
    await awaited(3);
    for (const id of ['ended', 'acme-ended']) await stage.temporal.workflow.getHandle(`claim-${id}`).terminate('test');
    await awaited(2);
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
    await stage?.stop();
  });

  /** The gateway of acme, as a worker runs it. */
  async function serveAcme() {
    acme = await startSandbox({ token: 'of-acme', team: false, behaviour: { rateLimit: 10_000 } });
    undo.push(() => acme.close());
    const client = new FragmentClient({ baseUrl: acme.apiUrl, token: 'of-acme', userAgent: 'flows-test/0' });
    const gateway = new Gateway({ client, requestsPerMinute: 6_000, maxBatch: 100, backoffMs: 100 });
    undo.push(() => gateway.close());
    const connection = await NativeConnection.connect({ address: stage.address });
    undo.push(() => connection.close());
    const processes = [claimProcess()];
    const parts = {
      gateway,
      client,
      temporal: stage.temporal,
      parseAnswer: parseAnswerOf(processes),
      taskKeys: taskKeysOf(processes),
      formKeys: formKeysOf(processes),
      account: ACME,
    };
    const worker = await Worker.create({
      connection,
      taskQueue: fragmentQueue(ACME),
      activities: { ...createTaskActivities(parts), ...createReconcileActivities(parts) },
      interceptors: { activity: [keepAlive] },
    });
    const run = worker.run();
    undo.push(async () => {
      worker.shutdown();
      await run;
    });
  }

  async function start(id: string, account?: string) {
    await claims.start({ id, total: { amount: 10_000, currency: 'USD' } }, account ? { account } : {});
    await until(async () => (await claims.state(id)).steps[0]?.status === 'waiting');
  }

  /** Temporal's list is behind its processes by a moment, and reconciliation asks whom it names. */
  async function awaited(tasks: number) {
    const known = [new RunningProcesses(stage.temporal), new RunningProcesses(stage.temporal, ACME)];
    await until(async () => {
      const sizes = await Promise.all(known.map(async (each) => (await each.awaitedTasks()).size));
      return sizes.every((size) => size === tasks);
    });
  }

  const edit = (sandbox: Sandbox, claim: string) => {
    const { fields } = sandbox.tasks.get(uidOf(claim))!;
    sandbox.tasks.apply('PATCH', { uid: uidOf(claim), fields: { ...fields, title: 'edited' } });
  };
  const copy = (claim: string, from: Sandbox, to: Sandbox) => {
    const { fields } = from.tasks.get(uidOf(claim))!;
    to.tasks.apply('PUT', { uid: uidOf(claim), fields });
  };
  const reconcile = (account?: string): Promise<ReconcileReport> =>
    stage.temporal.workflow.execute(RECONCILE_WORKFLOW, {
      workflowId: reconcileId(account),
      taskQueue: PROCESSES_QUEUE,
      args: [{ account, graceMs: 0 }],
    });
  const items = ({ items: all }: ReconcileReport) => all.map(({ class: kind, uid }) => `${kind} ${uid}`).toSorted();

  it("each mends its own, and neither touches nor names the other's", async () => {
    edit(stage.sandbox, 'stale');
    edit(acme, 'acme-stale');
    const before = structuredClone(stage.sandbox.tasks.all());
    const { requests } = stage.sandbox.stats();
    const ofAcme = await reconcile(ACME);
    assert.deepEqual(items(ofAcme), [`orphan ${uidOf('acme-ended')}`, `stale_fields ${uidOf('acme-stale')}`]);
    assert.deepEqual([ofAcme.account, ofAcme.clean, ofAcme.openTasks], [ACME, true, 3]);
    assert.deepEqual(stage.sandbox.tasks.all(), before);
    assert.equal(stage.sandbox.stats().requests, requests);

    const theirs = structuredClone(acme.tasks.all());
    assert.deepEqual(items(await reconcile()), [`orphan ${uidOf('ended')}`, `stale_fields ${uidOf('stale')}`]);
    assert.deepEqual(acme.tasks.all(), theirs);
    assert.equal(acme.tasks.get(uidOf('acme-ended'))?.status, 'DONE');
    assert.match(String(acme.tasks.get(uidOf('acme-stale'))?.fields.title), /^Enter the data/);
  });

  it('54: a task whose process is of another account is no orphan, be the process running or ended', async () => {
    // What differs besides is mended before.
    await reconcile(ACME);
    for (const id of ['alive', 'ended']) copy(id, stage.sandbox, acme);
    acme.tasks.apply('PATCH', { uid: uidOf('ended'), status: 'TODO' });
    await claims.complete('alive', { step: 'data_entry' });
    await until(async () => (await claims.state('alive')).steps.at(-1)?.step === 'review');
    await until(async () => !(await new RunningProcesses(stage.temporal).awaitedTasks()).has(uidOf('alive')));
    const report = await reconcile(ACME);
    assert.deepEqual(items(report), [`unknown ${uidOf('alive')}`, `unknown ${uidOf('ended')}`].toSorted());
    for (const { is } of report.items) assert.match(is, /of another account: default/);
    for (const id of ['alive', 'ended']) assert.equal(acme.tasks.get(uidOf(id))?.status, 'TODO');
  });

  it('claims and onboardings carry their account in the memo', async () => {
    const { workflowId } = await new Onboardings(stage.temporal).start({ userId: 'u1', fields: {}, account: ACME });
    for (const id of [workflowId, 'claim-acme-alive']) {
      assert.equal((await stage.temporal.workflow.getHandle(id).describe()).memo?.account, ACME);
    }
  });

  it('is asked for by account, and has a schedule for each', async () => {
    const env = { TEMPORAL_ADDRESS: stage.address };
    const asked = await flows(['reconcile', '--account', ACME, '--dry-run', '--json'], { env });
    assert.equal((JSON.parse(asked.stdout) as ReconcileReport).account, ACME);
    assert.match(asked.stderr, /workflow reconcile-acme,/);
    const made = await flows(['reconcile', '--account', ACME, '--schedule', '1h', '--json'], { env });
    assert.deepEqual(JSON.parse(made.stdout), { scheduleId: 'reconcile-acme', created: true });
    const { action } = await stage.temporal.schedule.getHandle(reconcileId(ACME)).describe();
    assert.deepEqual(action.args, [{ account: ACME }]);
    const wrong = await flows(['reconcile', '--account', 'No Such'], { env });
    assert.deepEqual([wrong.code, /account name/.test(wrong.stderr)], [2, true]);
  });
});
