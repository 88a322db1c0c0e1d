import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { createReconcileActivities } from '../../activities/index.js';
import type { Drift } from '../../activities/reconcile.js';
import { FragmentRejectedError } from '../../fragment/errors.js';
import { taskUid } from '../../fragment/uid.js';
import { behaviourSchema, type BehaviourInput } from '../../sandbox/behaviour.js';
import {
  RECONCILE_WORKFLOW,
  type ReconcileInput,
  type ReconcileReport,
} from '../../workflows/account/reconcile-contract.js';
import { claimProcess } from '../../worker/own-processes.js';
import { taskKeysOf } from '../../worker/process-definition.js';
import { PROCESSES_QUEUE, type ProcessState } from '../../workflows/tasks/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

describe('reconciliation', function () {
  this.timeout(180_000);
  let stage: Stage;

  /** A gateway that was refused a way of reading, or so many tasks at once, does without for ten minutes. */
  let worn = false;

  before(renew);
  after(() => stage?.stop());

  async function renew() {
    await stage?.stop();
    stage = await setStage({ feed: false, payments: false, team: false, requestsPerMinute: 6_000 });
  }

  /** Nothing of an earlier test is left: no task, no running process. */
  async function open(behaviour: BehaviourInput = {}) {
    if (worn) await renew();
    worn = behaviour.query !== undefined || behaviour.maxLimit !== undefined;
    for await (const { workflowId } of stage.temporal.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
      await stage.temporal.workflow
        .getHandle(workflowId)
        .terminate('test')
        .catch(() => undefined);
    }
    for (const { uid } of stage.sandbox.tasks.all()) stage.sandbox.tasks.delete(uid);
    Object.assign(stage.sandbox.behaviour, behaviourSchema.parse({ rateLimit: 10_000, ...behaviour }));
    await running(0);
  }

  const uidOf = (claim: string, step = 'data_entry', round = 1) => taskUid(`claim#${claim}#${step}#${round}`);
  const task = (uid: string) => stage.sandbox.tasks.get(uid);
  const person = (uid: string, change: object) =>
    stage.sandbox.tasks.apply('PATCH', { uid, ...change }, 'ann@example.com');
  const comments = (uid: string) => JSON.stringify(stage.sandbox.tasks.detail(uid)?.comments ?? []);

  async function start(...claims: string[]) {
    for (const id of claims) await stage.startClaim({ id, total: { amount: 10_000, currency: 'USD' } });
    for (const id of claims) await at(id, 'data_entry');
  }

  /** Four claims, each with another drift: fields edited, finished unheard, an orphan, a copy. */
  async function driftFourWays() {
    await start('stale', 'done', 'ended', 'copied');
    person(uidOf('stale'), { fields: { title: 'edited' } });
    person(uidOf('done'), { status: 'DONE' });
    await end('ended');
    stage.sandbox.tasks.apply('PUT', { uid: taskUid('a copy'), fields: { ...task(uidOf('copied'))?.fields } });
  }

  /** Until Temporal's list has so many: it is behind its processes by a moment, which only a test notices. */
  const running = (count: number, which = '') =>
    until(async () => (await stage.temporal.workflow.count(`ExecutionStatus = 'Running'${which}`)).count === count);

  const listed = (claim: string, uid: string) =>
    running(1, ` AND WorkflowId = 'claim-${claim}' AND FragmentTasks = '${uid}'`);

  /** Ends a process and leaves its task; until the list knows of that, the task counts as awaited. */
  async function end(claim: string) {
    await stage.temporal.workflow.getHandle(`claim-${claim}`).terminate('test');
    await running(0, ` AND WorkflowId = 'claim-${claim}'`);
  }

  const state = (claim: string) => stage.temporal.workflow.getHandle(`claim-${claim}`).query<ProcessState>('state');
  async function at(claim: string, step: string) {
    await until(async () => {
      const { step: now, steps } = await state(claim);
      return now === step && steps.at(-1)?.status === 'waiting';
    });
    await listed(claim, uidOf(claim, step));
  }

  async function advance(claim: string, step: string, decision?: string) {
    await stage.temporal.workflow
      .getHandle(`claim-${claim}`)
      .executeUpdate('completeStep', { args: [{ step, ...(decision ? { decision } : {}) }] });
  }

  let runs = 0;
  function reconcile(input: ReconcileInput = {}): Promise<ReconcileReport> {
    return stage.temporal.workflow.execute(RECONCILE_WORKFLOW, {
      workflowId: `reconcile-${(runs += 1)}`,
      taskQueue: PROCESSES_QUEUE,
      args: [{ graceMs: 0, ...input }],
    });
  }
  const found = ({ classes }: ReconcileReport) =>
    Object.fromEntries(Object.entries(classes).flatMap(([name, { found: n }]) => (n > 0 ? [[name, n]] : [])));

  it('is clean where nothing has drifted, and leaves people their part of a task', async () => {
    await open();
    await start('a', 'b');
    person(uidOf('a'), { status: 'STARTED', assignee_email: 'ann@example.com', due_at: '2030-01-01T00:00:00Z' });
    person(uidOf('b'), { fields: { ...task(uidOf('b'))?.fields, colour: 'red' } });
    const before = [task(uidOf('a')), task(uidOf('b'))];
    const report = await reconcile();
    assert.deepEqual([report.clean, found(report), report.processes, report.openTasks], [true, {}, 2, 2]);
    assert.deepEqual([task(uidOf('a')), task(uidOf('b'))], before);
  });

  it('53: writes the fields of the process again, and keeps those that people added', async () => {
    await open({ fieldsOnPatch: 'replace' });
    await start('a');
    person(uidOf('a'), { fields: { ...task(uidOf('a'))?.fields, title: 'edited', colour: 'red' } });
    assert.deepEqual(found(await reconcile()), { stale_fields: 1 });
    const { title, colour, claim_id: claim } = task(uidOf('a'))!.fields;
    assert.match(String(title), /Enter the data of claim a/);
    assert.deepEqual([colour, claim], ['red', 'a']);
    assert.equal((await reconcile()).clean, true);
  });

  it('55: tells a process of a completion that it has not heard of', async () => {
    await open();
    await start('a');
    person(uidOf('a'), { status: 'DONE' });
    assert.deepEqual(found(await reconcile()), { wrong_status: 1 });
    await at('a', 'review');
    assert.equal((await reconcile()).clean, true);
  });

  it('55: leaves a completion of this moment to the change feed', async () => {
    await open();
    await start('a');
    person(uidOf('a'), { status: 'DONE' });
    const report = await reconcile({ graceMs: 600_000 });
    assert.deepEqual([found(report), report.fresh], [{}, 1]);
    assert.equal((await state('a')).step, 'data_entry');
  });

  it('54: closes the task of a process that is gone, saying why, and no task that only claims to be one', async () => {
    await open();
    await start('ended', 'alive');
    await end('ended');
    const never = taskUid('claim#never#review#1');
    const claims = taskUid('not by the recipe');
    const fields = { title: 'x', process: 'claim', step: 'review', round: 1 };
    stage.sandbox.tasks.apply('PUT', { uid: never, fields: { ...fields, workflow_id: 'claim-never' } });
    stage.sandbox.tasks.apply('PUT', { uid: claims, fields: { ...fields, workflow_id: 'claim-ended' } });
    stage.sandbox.tasks.apply('PUT', { uid: taskUid('foreign'), fields: { title: 'x', workflow_id: 'claim-ended' } });
    const odd = [{}, 7, '', 'claim-', 'x'.repeat(3_000), `claim-${'x'.repeat(3_000)}`];
    for (const [n, id] of odd.entries()) {
      stage.sandbox.tasks.apply('PUT', { uid: taskUid(`odd ${n}`), fields: { ...fields, workflow_id: id } });
    }
    const report = await reconcile();
    assert.deepEqual(found(report), { orphan: 2, unknown: 1 + odd.length });
    for (const uid of [uidOf('ended'), never]) {
      assert.equal(task(uid)?.status, 'DONE');
      assert.match(comments(uid), /nobody waits for this task/);
    }
    for (const uid of [claims, taskUid('foreign'), uidOf('alive'), ...odd.map((_, n) => taskUid(`odd ${n}`))]) {
      assert.equal(task(uid)?.status, 'TODO');
      assert.equal(comments(uid), '[]');
    }
  });

  it('54: leaves the task of an onboarding, which nobody waits for on purpose', async () => {
    await open();
    await stage.temporal.workflow.execute('onboarding', {
      workflowId: 'onboarding-u1',
      taskQueue: PROCESSES_QUEUE,
      args: [{ userId: 'u1', fields: {} }],
    });
    assert.equal((await reconcile()).clean, true);
    assert.equal(task(taskUid('onboarding#u1'))?.status, 'TODO');
  });

  it('54: holds back where Temporal does not know the processes of many tasks, until it is told to go on', async () => {
    await open();
    for (let n = 0; n < 12; n += 1) {
      const fields = { title: 'x', process: 'claim', step: 'review', round: 1, workflow_id: `claim-never${n}` };
      stage.sandbox.tasks.apply('PUT', { uid: taskUid(`claim#never${n}#review#1`), fields });
    }
    const report = await reconcile();
    assert.deepEqual([report.heldBack, report.classes.orphan.left, report.clean], [12, 12, false]);
    assert.equal(stage.sandbox.stats().openTasks, 12);
    const { requests } = stage.sandbox.stats();
    const forced = await reconcile({ force: true });
    assert.equal(forced.classes.orphan.mended, 12);
    assert.ok(stage.sandbox.stats().requests - requests <= forced.requests.look + forced.requests.mend);
    assert.equal(stage.sandbox.stats().openTasks, 0);
  });

  it('52: closes a task that was opened again after its process has moved on', async () => {
    await open();
    await start('a');
    await advance('a', 'data_entry');
    await at('a', 'review');
    person(uidOf('a'), { status: 'TODO' });
    assert.deepEqual(found(await reconcile()), { wrong_status: 1 });
    assert.equal(task(uidOf('a'))?.status, 'DONE');
    assert.match(comments(uidOf('a')), /opened again/);
    assert.equal(task(uidOf('a', 'review'))?.status, 'TODO');
    assert.equal((await reconcile()).clean, true);
  });

  it('7: closes a copy of a task, and keeps the one whose uid is made by the recipe', async () => {
    await open();
    await start('a');
    const copy = taskUid('a copy');
    stage.sandbox.tasks.apply('PUT', { uid: copy, fields: { ...task(uidOf('a'))?.fields } });
    assert.deepEqual(found(await reconcile()), { duplicated: 1 });
    assert.deepEqual([task(copy)?.status, task(uidOf('a'))?.status], ['DONE', 'TODO']);
    assert.match(comments(copy), new RegExp(uidOf('a')));
    assert.equal((await reconcile()).clean, true);
  });

  it('50, 51: has a task opened again that is gone or archived', async () => {
    await open();
    await start('gone', 'hidden');
    stage.sandbox.tasks.delete(uidOf('gone'));
    person(uidOf('hidden'), { archived: true, fields: { ...task(uidOf('hidden'))?.fields, colour: 'red' } });
    assert.deepEqual(found(await reconcile()), { missing: 1, archived: 1 });
    await until(async () => task(uidOf('gone'))?.status === 'TODO' && task(uidOf('hidden'))?.archived === false);
    await until(async () => [uidOf('gone'), uidOf('hidden')].every((uid) => comments(uid).includes('open again')));
    assert.equal(task(uidOf('hidden'))?.fields.colour, 'red');
    assert.equal((await reconcile()).clean, true);
  });

  it('50: leaves to an operator a task that is gone a second time', async () => {
    await open();
    await start('a');
    stage.sandbox.tasks.delete(uidOf('a'));
    await reconcile();
    await until(async () => comments(uidOf('a')).includes('open again'));
    stage.sandbox.tasks.delete(uidOf('a'));
    await reconcile();
    await until(async () => (await state('a')).needsAttention !== undefined);
    const report = await reconcile();
    assert.deepEqual([report.classes.missing.left, report.clean], [1, false]);
  });

  const lists: [string, BehaviourInput][] = [
    ['behind by seconds', { listLag: 4_000 }],
    ['ignores filters', { listFilters: 'ignore' }],
    ['refuses filters', { listFilters: 'reject' }],
    ['has small pages', { listFilters: 'ignore', maxLimit: 3, defaultLimit: 3 }],
    ['cuts large limits', { maxLimit: 2, overLimit: 'clamp' }],
    ['hides what is done', { listHidesDone: true, listOrder: 'descending', lastCursor: 'empty' }],
    ['does not search', { query: 'refuse' }],
    ['does not search, and refuses empty updates', { query: 'refuse', patchUidOnly: '422' }],
    ['searches without conditions', { query: 'ignore-condition', listLag: 4_000 }],
  ];
  for (const [name, behaviour] of lists) {
    it(`54, 61: closes orphans alone where the list ${name}`, async () => {
      await open(behaviour);
      await start('a', 'b', 'c', 'ended');
      await advance('b', 'data_entry');
      await at('b', 'review');
      await end('ended');
      if (behaviour.listLag) await new Promise((resolve) => setTimeout(resolve, behaviour.listLag! + 500));
      await advance('c', 'data_entry');
      await at('c', 'review');
      const report = await reconcile();
      const left = stage.sandbox.tasks.all().filter(({ status }) => status !== 'DONE');
      const awaited = [uidOf('a'), uidOf('b', 'review'), uidOf('c', 'review')];
      assert.deepEqual(left.map(({ uid }) => uid).toSorted(), awaited.toSorted());
      assert.deepEqual(
        [report.classes.orphan.mended, report.classes.missing.found, report.incomplete],
        [1, 0, undefined],
      );
      assert.deepEqual(awaited.map(comments), ['[]', '[]', '[]']);
      // Listed once, whichever way: those three and the orphan.
      if (!behaviour.listLag) assert.equal(report.openTasks, 4);
    });
  }

  it('says so where the list cannot be seen to its end', async () => {
    await open({ cursorParam: 'another', maxLimit: 2, overLimit: 'clamp' });
    await start('a', 'b', 'c');
    const report = await reconcile();
    assert.match(String(report.incomplete), /cursor/);
    assert.equal(report.clean, false);
  });

  it('67: says why once, though an attempt is broken off between the closing and the comments', async () => {
    await open();
    const claims = ['a', 'b', 'c'];
    await start(...claims);
    for (const claim of claims) await end(claim);
    stage.sandbox.faults.add({ kind: 'status', status: 500, match: { path: '/tasks/:uid/comments' } });
    const report = await reconcile();
    assert.deepEqual(stage.sandbox.faults.waiting, []);
    assert.equal(report.classes.orphan.mended, 3);
    for (const claim of claims) {
      assert.equal(task(uidOf(claim))?.status, 'DONE');
      assert.equal(stage.sandbox.tasks.detail(uidOf(claim))?.comments.length, 1);
    }
  });

  it('68: two at once mend everything once', async () => {
    await open();
    await driftFourWays();
    const reports = await Promise.all([reconcile(), reconcile()]);
    const closed = reports.map(({ classes }) => classes.orphan.mended + classes.duplicated.mended);
    assert.equal(closed[0]! + closed[1]!, 2);
    for (const uid of [uidOf('ended'), taskUid('a copy')]) {
      assert.equal(stage.sandbox.tasks.detail(uid)?.comments.length, 1);
    }
    await at('done', 'review');
    const { audit, steps } = await state('done');
    assert.deepEqual(
      audit.map(({ step, what }) => `${step}: ${what}`),
      ['data_entry: done'],
    );
    assert.equal(steps.length, 2);
    assert.match(String(task(uidOf('stale'))?.fields.title), /Enter the data of claim stale/);
    assert.equal((await reconcile()).clean, true);
  });

  describe('and a process that moves on meanwhile', () => {
    /** The activities as a worker would run them; `meanwhile` happens right before any write of theirs is sent. */
    function activities(meanwhile: () => Promise<void> = async () => undefined, real = stage.gateway) {
      const { client, temporal } = stage;
      const gateway = Object.create(real) as typeof real;
      gateway.write = async (write) => {
        await meanwhile();
        return real.write(write);
      };
      const parseAnswer = () => ({ answer: {} });
      const reconciling = createReconcileActivities({
        client,
        temporal,
        gateway,
        parseAnswer,
        taskKeys: taskKeysOf([claimProcess()]),
      });
      const logged: LogEntry[] = [];
      const logger = new DefaultLogger('INFO', (entry) => logged.push(entry));
      const run = <T>(work: () => Promise<T>) =>
        new MockActivityEnvironment({}, { logger }).run<[], T, () => Promise<T>>(work);
      return {
        logged,
        look: async (): Promise<Drift[]> => {
          const awaited = await run(() => reconciling.compareAwaited({ size: 100, graceMs: 0 }));
          const listing = await run(() => reconciling.compareOpen({ filter: { limit: 100 } }));
          return [...awaited.drifts, ...listing.drifts];
        },
        mend: (drifts: Drift[]) => run(() => reconciling.mendDrifts({ drifts })),
      };
    }

    it('61: between the look and the repair, is left as it is', async () => {
      await open();
      await start('stale', 'gone', 'done', 'copied', 'single');
      const copy = taskUid('a copy');
      person(uidOf('stale'), { fields: { ...task(uidOf('stale'))?.fields, title: 'edited' } });
      person(uidOf('done'), { status: 'DONE' });
      stage.sandbox.tasks.apply('PUT', { uid: copy, fields: { ...task(uidOf('copied'))?.fields } });
      const kept = task(uidOf('gone'))!;
      stage.sandbox.tasks.delete(uidOf('gone'));
      const { look, mend } = activities();
      const drifts = await look();
      assert.deepEqual(drifts.map(({ kind }) => kind).toSorted(), [
        'duplicated',
        'missing',
        'stale_fields',
        'wrong_status',
      ]);

      stage.sandbox.tasks.apply('PUT', { uid: kept.uid, fields: kept.fields });
      person(copy, { status: 'DONE' });
      for (const claim of ['stale', 'done']) {
        await advance(claim, 'data_entry');
        await at(claim, 'review');
      }
      const before = structuredClone(stage.sandbox.tasks.all());
      const outcomes = await mend(drifts);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['gone', 'gone', 'gone', 'gone'],
      );
      assert.deepEqual(stage.sandbox.tasks.all(), before);
      assert.equal((await state('done')).step, 'review');
    });

    it('61: after it was asked, keeps the fields of the step to which it moved its single task', async () => {
      await open();
      await stage.startClaim({ id: 's', total: { amount: 10_000, currency: 'USD' } }, { lifecycle: 'single-task' });
      const uid = taskUid('claim#s');
      const atStep = (step: string) =>
        until(async () => (await state('s')).steps.some((s) => s.step === step && s.status === 'waiting'));
      await atStep('data_entry');
      await listed('s', uid);
      person(uid, { fields: { ...task(uid)?.fields, title: 'edited' } });
      const { look, mend } = activities(async () => {
        await advance('s', 'data_entry');
        await atStep('review');
      });
      const [outcome] = await mend(await look());
      assert.equal(outcome?.outcome, 'gone');
      assert.match(String(task(uid)?.fields.title), /^Review claim s/);
      assert.deepEqual([task(uid)?.fields.step, task(uid)?.status], ['review', 'TODO']);
    });

    it('7: a copy that a person gave to another process since is left to that one', async () => {
      await open();
      await start('copied', 'alive');
      const copy = taskUid('a copy');
      stage.sandbox.tasks.apply('PUT', { uid: copy, fields: { ...task(uidOf('copied'))?.fields } });
      const { look, mend } = activities();
      const drifts = await look();
      person(copy, { fields: { ...task(copy)?.fields, workflow_id: 'claim-alive' } });
      const outcomes = await mend(drifts);
      assert.deepEqual([drifts[0]?.kind, outcomes[0]?.outcome, drifts.length], ['duplicated', 'gone', 1]);
      assert.equal(task(copy)?.status, 'TODO');
    });

    it('77: reports what Fragment says of a task that it refuses, and logs none of it', async () => {
      await open();
      await start('ended');
      await end('ended');
      const real = stage.gateway;
      const refusing = Object.create(real) as typeof real;
      refusing.write = () =>
        Promise.reject(new FragmentRejectedError('Fragment answered 422: no zz-field', 'PATCH', 422));
      const { look, mend, logged } = activities(undefined, refusing);
      const [outcome] = await mend(await look());
      assert.deepEqual([outcome?.outcome, outcome?.done], ['left', 'Fragment answered 422: no zz-field']);
      const said = logged.find(({ message }) => message === 'reconciled')?.meta;
      assert.equal(said?.outcome, 'left');
      assert.doesNotMatch(JSON.stringify(said), /zz-field/);
    });

    it('61: a task that a search does not bring is read by its own address before it counts as missing', async () => {
      await open();
      await start('there', 'gone');
      stage.sandbox.tasks.delete(uidOf('gone'));
      const blind = Object.create(stage.gateway) as typeof stage.gateway;
      blind.readMany = () => Promise.resolve([]);
      const drifts = await activities(undefined, blind).look();
      assert.deepEqual(
        drifts.map(({ kind, workflowId }) => [kind, workflowId]),
        [['missing', 'claim-gone']],
      );
    });
  });

  it('changes nothing in a dry run', async () => {
    await open();
    await driftFourWays();
    const before = structuredClone(stage.sandbox.tasks.all());
    const { writes, requests } = stage.sandbox.stats();
    const report = await reconcile({ dryRun: true });
    assert.deepEqual(found(report), { stale_fields: 1, wrong_status: 1, orphan: 1, duplicated: 1 });
    assert.equal(report.clean, false);
    assert.ok(report.items.every(({ outcome }) => outcome === 'proposed'));
    assert.deepEqual(stage.sandbox.tasks.all(), before);
    assert.equal(stage.sandbox.stats().writes, writes);
    assert.ok(stage.sandbox.stats().requests - requests <= report.requests.look);
    assert.equal((await state('done')).step, 'data_entry');
  });
});
