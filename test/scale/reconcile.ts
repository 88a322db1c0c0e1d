/**
 * Reconciliation of 2,000 tasks of which 5 % have drifted in each way: `npm run test:reconcile` (TASKS=n for another number). Too long for
 * every run of the suite. The limit is raised a hundredfold, so that it takes minutes; the requests are counted, not timed.
 */
import assert from 'node:assert/strict';
import { taskUid } from '../../fragment/uid.js';
import {
  DRIFT_CLASSES,
  RECONCILE_WORKFLOW,
  type ReconcileInput,
  type ReconcileReport,
} from '../../workflows/account/reconcile-contract.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

const TASKS = Number(process.env.TASKS ?? 2_000);
const EACH = TASKS / 20;
const REQUESTS_PER_MINUTE = 6_000;
/** Thousands of processes have to go on, and Temporal to list them. */
const patience = { withinMs: 600_000, everyMs: 200 };

describe(`reconciliation of ${TASKS} tasks, ${EACH} of each class of drift`, function () {
  this.timeout(1_800_000);
  let stage: Stage;
  let clean: ReconcileReport;

  before(async () => {
    stage = await setStage({
      feed: false,
      payments: false,
      team: false,
      requestsPerMinute: REQUESTS_PER_MINUTE,
      behaviour: { rateLimit: 2 * REQUESTS_PER_MINUTE },
    });
    await inTens(TASKS, (n) => stage.startClaim({ id: `${n}`, total: { amount: 10_000, currency: 'USD' } }));
    await until(async () => (await awaited()) === TASKS, patience);
  });
  after(() => stage?.stop());

  const uidOf = (n: number, step = 'data_entry') => taskUid(`claim#${n}#${step}#1`);
  const fieldsOf = (n: number) => stage.sandbox.tasks.get(uidOf(n))!.fields;
  const person = (uid: string, change: object) => stage.sandbox.tasks.apply('PATCH', { uid, ...change });
  const claim = (n: number) => stage.temporal.workflow.getHandle(`claim-${n}`);
  const awaited = async () =>
    (await stage.temporal.workflow.count("ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL")).count;

  async function reconcile(input: ReconcileInput): Promise<ReconcileReport & { asked: number }> {
    const before = asked();
    const began = Date.now();
    const report: ReconcileReport = await stage.temporal.workflow.execute(RECONCILE_WORKFLOW, {
      workflowId: RECONCILE_WORKFLOW,
      taskQueue: PROCESSES_QUEUE,
      args: [{ graceMs: 0, ...input }],
    });
    const seconds = (Date.now() - began) / 1_000;
    const { classes, requests } = report;
    const found = DRIFT_CLASSES.map((name) => `${name} ${classes[name].found}/${classes[name].mended}`).join(', ');
    const bytes = JSON.stringify(report).length;
    console.log(
      `    found/mended: ${found}; ${asked() - before} requests (stated: look ${requests.look}, mend ${requests.mend}); ${seconds} s; report of ${bytes} bytes`,
    );
    return { ...report, asked: asked() - before };
  }

  /** All but creations: those are processes going on to their next steps, or opening again what is gone. */
  function asked(): number {
    const { requests, byEndpoint } = stage.sandbox.stats();
    return requests - (byEndpoint['PUT /tasks/batch'] ?? 0) - (byEndpoint['PUT /tasks/:uid'] ?? 0);
  }

  const comments = () => stage.sandbox.stats().byEndpoint['POST /tasks/:uid/comments'] ?? 0;

  it('is clean before', async () => {
    const report = await reconcile({ dryRun: true });
    assert.deepEqual([report.clean, report.processes, report.openTasks], [true, TASKS, TASKS]);
    assert.ok(report.asked <= report.requests.look);
    clean = report;
  });

  it('finds all of it in a dry run, and changes nothing', async () => {
    await inTens(EACH, async (n) => {
      let next = n;
      const another = () => (next += EACH) - EACH;
      stage.sandbox.tasks.delete(uidOf(another()));
      person(uidOf(another()), { archived: true });
      await claim(another()).terminate('test');
      person(uidOf(another()), { status: 'DONE' });
      person(uidOf(another()), { fields: { title: 'edited' } });
      stage.sandbox.tasks.apply('PUT', { uid: taskUid(`copy ${n}`), fields: fieldsOf(another()) });
      const unknown = { ...fieldsOf(another()), step: 'payment' };
      stage.sandbox.tasks.apply('PUT', { uid: taskUid(`claims ${n}`), fields: unknown });
      const reopened = another();
      await claim(reopened).executeUpdate('completeStep', { args: [{ step: 'data_entry' }] });
      await until(async () => stage.sandbox.tasks.get(uidOf(reopened, 'review')) !== undefined, patience);
      person(uidOf(reopened), { status: 'TODO' });
    });
    await until(async () => (await awaited()) === TASKS - EACH, patience);
    const before = JSON.stringify(stage.sandbox.tasks.all());
    const report = await reconcile({ dryRun: true });
    for (const name of DRIFT_CLASSES) {
      const expected = name === 'wrong_status' ? 2 * EACH : EACH;
      assert.deepEqual(report.classes[name], { found: expected, mended: 0, gone: 0, left: expected });
    }
    assert.equal(JSON.stringify(stage.sandbox.tasks.all()), before);
    assert.ok(report.asked <= report.requests.look);
  });

  it('mends all of it, within the requests that are stated', async () => {
    const [before, commentsBefore] = [asked(), comments()];
    const report = await reconcile({});
    for (const name of DRIFT_CLASSES) {
      const expected = name === 'wrong_status' ? 2 * EACH : EACH;
      const mended = name === 'unknown' ? 0 : expected;
      assert.deepEqual(report.classes[name], { found: expected, mended, gone: 0, left: expected - mended });
    }
    // Three classes are closed with a comment, and two are opened again with one by their processes.
    await until(async () => comments() - commentsBefore >= 5 * EACH, patience);
    const { look, mend } = report.requests;
    console.log(`    ${asked() - before} requests, those of the processes included; ${look + mend} are stated`);
    assert.ok(asked() - before <= look + mend);
    assert.ok(JSON.stringify(report).length < 256_000);
  });

  it('finds nothing but the unknown afterwards', async () => {
    const holding = TASKS - EACH;
    await until(async () => stage.sandbox.stats().openTasks === holding + EACH, patience);
    const report = await reconcile({});
    const found = DRIFT_CLASSES.filter((name) => report.classes[name].found > 0);
    assert.deepEqual([found, report.classes.unknown.found, report.processes], [['unknown'], EACH, holding]);
    assert.ok(report.requests.look <= clean.requests.look);
  });
});

async function inTens(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: 10 }, lane));
}
