/** What a claim costs in Temporal, event by event: a change that makes one more has to be argued for here. */
import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { planClaim } from '../../cli/claim-plan.js';
import type { Claim } from '../../workflows/claim/contract.js';
import { LIFECYCLES, type Lifecycle, type ProcessState } from '../../workflows/tasks/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

/** The workflow is told what has happened, and decides what to do: scheduled, started, completed. */
const DECISION = ['workflowTaskScheduled', 'workflowTaskStarted', 'workflowTaskCompleted'];
/** One call to the world: asked for, begun by a worker, answered; and the decision that the answer wakes. */
const CALL = ['activityTaskScheduled', 'activityTaskStarted', 'activityTaskCompleted', ...DECISION];

const STEP_OF_A_PERSON = [
  // Opens the task, or moves the single one.
  ...CALL,
  // List queries see the step, and the feed learns which task is awaited.
  'upsertWorkflowSearchAttributes',
  // The task is done.
  'workflowExecutionSignaled',
  ...DECISION,
];

/** The first step starts the timer that wakes the process for all of its deadlines, since none of the others is due before. */
const FIRST_STEP = STEP_OF_A_PERSON.toSpliced(STEP_OF_A_PERSON.indexOf('workflowExecutionSignaled'), 0, 'timerStarted');

const CLAIM = [
  'workflowExecutionStarted',
  ...DECISION,
  // Data entry, review, approval.
  ...FIRST_STEP,
  ...STEP_OF_A_PERSON,
  ...STEP_OF_A_PERSON,
  // The amount is reserved, a call of its own: it has an undoing of its own.
  ...CALL,
  // The payment.
  ...CALL,
  // The payment's task, on record as done.
  ...CALL,
  // The outcome, and that no task is awaited.
  'upsertWorkflowSearchAttributes',
  'workflowExecutionCompleted',
];

/** What Temporal Cloud counts as an action, of what is used here. */
const BILLED = [
  'workflowExecutionStarted',
  'activityTaskScheduled',
  'timerStarted',
  'workflowExecutionSignaled',
  'upsertWorkflowSearchAttributes',
];

/** What the Web UI's timeline shows a line of, under the name of its type where it has no summary. */
const SUMMARISED = [
  'activityTaskScheduledEventAttributes',
  'timerStartedEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
] as const;

describe('the history of a process', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await setStage({ team: false, feed: false, requestsPerMinute: 600, behaviour: { rateLimit: 600 } });
  });
  after(() => stage?.stop());

  for (const lifecycle of LIFECYCLES) {
    it(`34: of a claim in four steps has 58 events, 15 of them billed, for 4 writes to Fragment (${lifecycle})`, async () => {
      const writes = stage.sandbox.stats().writes;
      const claim = { id: `history-${lifecycle}`, total: { amount: 80_000, currency: 'USD' } };
      const handle = await paid(claim, lifecycle);

      const events = await eventsOf(handle);
      assert.deepEqual(events, CLAIM);
      assert.equal(events.length, 58);
      assert.equal(events.filter((event) => BILLED.includes(event)).length, 15);
      assert.equal(stage.sandbox.stats().writes - writes, 4);
      const plan = planClaim(claim, { lifecycle, provider: true });
      assert.deepEqual(plan.straight, { writes: 4, comments: 0, actions: 15 });
    });
  }

  it('of a claim that is sent back once and paid by a person costs what `claim explain` says', async () => {
    const claim = { id: 'history-sent-back', total: { amount: 12_000, currency: 'USD' } };
    const people = await setStage({ team: false, feed: false, payments: false, requestsPerMinute: 600 });
    try {
      const handle = await people.startClaim(claim);
      await finish(handle, 'data_entry', 'ada@example.com', {}, people);
      await finish(handle, 'review', 'ada@example.com', { decision: 'request_info', note: 'which clinic?' }, people);
      await finish(handle, 'data_entry', 'ada@example.com', {}, people);
      await finish(handle, 'review', 'ada@example.com', { decision: 'approve' }, people);
      await finish(handle, 'payment', 'ada@example.com', {}, people);
      assert.equal((await handle.result()).outcome, 'paid');

      const billed = (await eventsOf(handle)).filter((event) => BILLED.includes(event)).length;
      const { straight, rework } = planClaim(claim, { lifecycle: 'task-per-step', provider: false });
      assert.equal(billed, straight.actions + rework.review.actions);
      const { writes } = people.sandbox.stats();
      assert.equal(people.sandbox.tasks.all().length, straight.writes + rework.review.writes);
      assert.equal(writes, straight.writes + rework.review.writes + rework.review.comments);
    } finally {
      await people.stop();
    }
  });

  it('says of each activity and timer, in words, what it is for', async () => {
    const said = new Map<string, string[]>();
    for (const lifecycle of LIFECYCLES) {
      const handle = await paid({ id: `said-${lifecycle}`, total: { amount: 80_000, currency: 'USD' } }, lifecycle);
      const { events } = await handle.fetchHistory();
      for (const event of events ?? []) {
        const kind = SUMMARISED.find((each) => event[each]);
        if (!kind) continue;
        const summary = event.userMetadata?.summary;
        const words = summary ? defaultPayloadConverter.fromPayload<string>(summary) : '';
        assert.match(words, /^[a-z]+ .+/, `event ${String(event.eventId)} of ${lifecycle}, ${kind}: "${words}"`);
        said.set(kind, [...(said.get(kind) ?? []), words]);
      }
    }
    assert.ok(said.get('activityTaskScheduledEventAttributes')?.includes('open task: approval'));
    assert.ok(said.get('timerStartedEventAttributes')?.includes('until the reminder: data_entry'));
  });

  it('has 6 events for a single write', async () => {
    const handle = await stage.temporal.workflow.start('onboarding', {
      workflowId: 'onboarding-one',
      taskQueue: 'processes',
      args: [{ userId: 'one', fields: {} }],
    });
    await handle.result();
    const frame = ['workflowExecutionStarted', ...DECISION];
    assert.deepEqual(await eventsOf(handle), [...frame, ...CALL, 'workflowExecutionCompleted']);
    assert.equal(CALL.length, 6);
  });

  /** A claim in four steps, at its end. */
  async function paid(claim: Claim, lifecycle: Lifecycle): Promise<WorkflowHandle> {
    const handle = await stage.startClaim(claim, { lifecycle });
    await finish(handle, 'data_entry', 'ada@example.com', {});
    await finish(handle, 'review', 'ada@example.com', { decision: 'approve' });
    await finish(handle, 'approval', 'ben@example.com', { decision: 'approve' });
    assert.equal((await handle.result()).outcome, 'paid');
    return handle;
  }

  /** Somebody does the step, and the process is told once it waits, so that no two things are told at once. */
  async function finish(
    handle: WorkflowHandle,
    step: string,
    by: string,
    form_data: object,
    { sandbox } = stage,
  ): Promise<void> {
    const state = await until(async () => {
      const { steps } = await handle.query<ProcessState>('state');
      const current = steps.at(-1);
      return current?.step === step && current.status === 'waiting' ? current : undefined;
    });
    const uid = String(state.uid);
    sandbox.tasks.apply('PATCH', { uid, status: 'DONE', assignee_email: by, form_data: { ...form_data } }, by);
    const { round } = state;
    await handle.signal('taskChanged', { uid, status: 'DONE', step, round, assignee: by, answer: form_data });
  }
});

async function eventsOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).map((event) => {
    const kind = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
    return kind.replace('EventAttributes', '');
  });
}
