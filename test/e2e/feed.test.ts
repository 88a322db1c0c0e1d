import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createFeedActivities, createTaskActivities } from '../../activities/index.js';
import type { FeedWay } from '../../activities/feed-cursor.js';
import { OwnCompletions } from '../../activities/own-completions.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { behaviourSchema } from '../../sandbox/behaviour.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { FEED_WORKFLOW, FEED_WORKFLOW_ID, feedStatusQuery, pokeFeedSignal } from '../../workflows/account/contract.js';
import { DEFAULT_POLICY, claimWorkflowId } from '../../workflows/claim/contract.js';
import { parseAnswer } from '../../workflows/claim/schema.js';
import { FRAGMENT_QUEUE, PROCESSES_QUEUE, completeStepUpdate } from '../../workflows/tasks/contract.js';
import { workflowBundle } from '../stage.js';
import { ONLY } from '../activities/feed-ways.js';
import { until } from '../until.js';

/** Where each task is read singly, a round takes its time. */
const patience = { withinMs: 120_000, everyMs: 200 };

describe('the change feed on a real server', function () {
  this.timeout(300_000);
  let server: DevServer;
  let sandbox: Sandbox;
  let connection: NativeConnection;
  let temporal: Client;
  let stopWorkers: (() => Promise<void>) | undefined;

  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    sandbox = await startSandbox({ token: 't', team: false, behaviour: { rateLimit: 100_000 } });
    sandbox.tasks.apply('PUT', { fields: { title: 'old' }, status: 'DONE', updated_at: '2020-01-01T00:00:00.000Z' });
    connection = await NativeConnection.connect({ address: server.address });
    temporal = new Client({ connection: await Connection.connect({ address: server.address }) });
    await startWorkers();
    await temporal.workflow.start(FEED_WORKFLOW, {
      workflowId: FEED_WORKFLOW_ID,
      taskQueue: PROCESSES_QUEUE,
      args: [{}],
    });
  });
  after(async () => {
    await stopWorkers?.();
    await temporal?.connection.close();
    await connection?.close();
    await sandbox?.close();
    await server?.stop();
  });

  /** Everything that is ours; what it knew is gone when it stops. */
  async function startWorkers(): Promise<void> {
    const client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
    const gateway = new Gateway({ client, requestsPerMinute: 600, maxBatch: 100, backoffMs: 100 });
    const parse = (_: string, step: string, formData: unknown) => parseAnswer(step, formData);
    const own = new OwnCompletions();
    const shared = { connection, shutdownGraceTime: '5s' as const };
    const workers = [
      await Worker.create({ ...shared, taskQueue: PROCESSES_QUEUE, workflowBundle: await workflowBundle() }),
      await Worker.create({
        ...shared,
        taskQueue: FRAGMENT_QUEUE,
        activities: {
          ...createTaskActivities({ gateway, client, parseAnswer: parse, own }),
          ...createFeedActivities({ gateway, client, temporal, parseAnswer: parse, own, retryMs: 0 }),
        },
      }),
    ];
    const runs = workers.map((worker) => worker.run());
    stopWorkers = async () => {
      stopWorkers = undefined;
      for (const worker of workers) worker.shutdown();
      await Promise.all(runs);
      gateway.close();
    };
  }

  const feed = () => temporal.workflow.getHandle(FEED_WORKFLOW_ID);
  const openTask = (claim: string, step: string) =>
    sandbox.tasks
      .all()
      .find(({ fields, status }) => fields.claim_id === claim && fields.step === step && status === 'TODO');

  async function startClaim(id: string) {
    return temporal.workflow.start('claim', {
      workflowId: claimWorkflowId(id),
      taskQueue: PROCESSES_QUEUE,
      args: [
        {
          claim: { id, total: { amount: 1_000, currency: 'USD' } },
          lifecycle: 'task-per-step',
          policy: DEFAULT_POLICY,
        },
      ],
    });
  }

  const finish = (claim: string, step: string) =>
    void sandbox.tasks.apply('PATCH', { uid: openTask(claim, step)?.uid, status: 'DONE' }, 'person@example.com');

  const signalsOf = async (workflowId: string, runId?: string) => {
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  };

  for (const way of Object.keys(ONLY) as FeedWay[]) {
    it(`55: finds what was done while every worker and the receiver were down (${way})`, async () => {
      Object.assign(sandbox.behaviour, behaviourSchema.parse({ rateLimit: 100_000, ...ONLY[way] }));
      const claims = ['a', 'b', 'c'].map((name) => `${way}-${name}`);
      const handles = await Promise.all(claims.map(startClaim));
      await until(() => claims.every((claim) => openTask(claim, 'data_entry')), patience);
      // With nothing to read, every way works.
      await until(async () => (await feed().query(feedStatusQuery)).way === way, patience);

      await stopWorkers?.();
      for (const claim of claims) finish(claim, 'data_entry');
      await startWorkers();

      await until(() => claims.every((claim) => openTask(claim, 'review')), patience);
      assert.equal((await feed().query(feedStatusQuery)).way, way);
      // Some rounds more bring the same completions again, and tell nobody.
      const { rounds } = await feed().query(feedStatusQuery);
      await until(async () => (await feed().query(feedStatusQuery)).rounds > rounds + 3, patience);
      for (const { workflowId } of handles) assert.equal(await signalsOf(workflowId), 1, workflowId);
      await Promise.all(handles.map((handle) => handle.terminate()));
    });
  }

  it('55: wakes no process for a task that it has closed itself', async () => {
    Object.assign(sandbox.behaviour, behaviourSchema.parse({ rateLimit: 100_000, ...ONLY.list }));
    const handle = await startClaim('closed-by-us');
    await until(() => Boolean(openTask('closed-by-us', 'data_entry')), patience);
    await handle.executeUpdate(completeStepUpdate, { args: [{ step: 'data_entry' }] });
    await until(() => Boolean(openTask('closed-by-us', 'review')), patience);
    const { rounds } = await feed().query(feedStatusQuery);
    await until(async () => (await feed().query(feedStatusQuery)).rounds > rounds + 3, patience);
    assert.equal(await signalsOf(handle.workflowId), 0);
    // What people do is told all the same.
    const { uid } = openTask('closed-by-us', 'review') ?? {};
    sandbox.tasks.apply('PATCH', { uid, status: 'DONE', form_data: { decision: 'reject' } }, 'person@example.com');
    await handle.result();
    assert.equal(await signalsOf(handle.workflowId), 1);
  });

  it('50: tells a process that its task was deleted', async () => {
    Object.assign(sandbox.behaviour, behaviourSchema.parse({ rateLimit: 100_000, ...ONLY.bulk }));
    const handle = await startClaim('deleted');
    await until(() => Boolean(openTask('deleted', 'data_entry')), patience);
    sandbox.tasks.delete(String(openTask('deleted', 'data_entry')?.uid));
    await until(async () => (await signalsOf(handle.workflowId)) > 0, patience);
    const { events } = await handle.fetchHistory();
    const signal = events?.find((event) => event.workflowExecutionSignaledEventAttributes);
    assert.match(
      Buffer.from(signal?.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data ?? []).toString(),
      /"absent":"deleted"/,
    );
    await handle.terminate();
  });

  it('69: pokes that are none hurry the feed and stop it no more than others do', async () => {
    const { rounds } = await feed().query(feedStatusQuery);
    for (const nonsense of [null, 5, { uids: 5 }, { uids: [null, {}] }]) await feed().signal('poke', nonsense);
    await until(async () => (await feed().query(feedStatusQuery)).rounds > rounds, patience);
  });

  it('69: a burst of pokes while the feed continues as new: none is lost, and a look follows each', async () => {
    Object.assign(sandbox.behaviour, behaviourSchema.parse({ rateLimit: 100_000 }));
    const runs = [(await feed().describe()).runId];
    const before = await signalsOf(FEED_WORKFLOW_ID, runs[0]);
    let sent = 0;
    // In bursts, each waited out: a stream without an end lets no workflow task be completed.
    await until(async () => {
      const { rounds } = await feed().query(feedStatusQuery);
      const burst = Array.from({ length: 100 }, () => feed().signal(pokeFeedSignal, {}));
      await Promise.all(burst);
      sent += burst.length;
      await until(async () => (await feed().query(feedStatusQuery)).rounds > rounds, patience);
      return (await feed().describe()).runId !== runs[0];
    }, patience);
    for (;;) {
      const { events } = await temporal.workflow.getHandle(FEED_WORKFLOW_ID, runs.at(-1)).fetchHistory();
      const next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
      if (!next) break;
      runs.push(next);
    }
    assert.ok(runs.length >= 2);

    let arrived = -before;
    for (const runId of runs) arrived += await signalsOf(FEED_WORKFLOW_ID, runId);
    assert.equal(arrived, sent);
    // Every run begins with a look, so only what comes after the last run's last look could still wait for one.
    const { rounds } = await feed().query(feedStatusQuery);
    await until(async () => (await feed().query(feedStatusQuery)).rounds > rounds, patience);
    for (const runId of runs) {
      const { events = [] } = await temporal.workflow.getHandle(FEED_WORKFLOW_ID, runId).fetchHistory();
      const looks = (events ?? []).findIndex((event) => event.activityTaskScheduledEventAttributes);
      const poked = (events ?? []).findIndex((event) => event.timerStartedEventAttributes);
      assert.ok(looks >= 0 && (poked < 0 || looks < poked), 'a run that begins by waiting');
    }
  });
});
