import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TaskActivities } from '../../activities/tasks.js';
import {
  FRAGMENT_QUEUE,
  type Answer,
  type CompleteStep,
  type Lifecycle,
  type Source,
  type StepState,
} from './contract.js';
import { alarms, durationMs, type Alarm, type Deadline } from './deadline.js';
import { messageOf, refuse, type StepEvent, type TaskProcess, type WaitingStep } from './process.js';

export interface PersonStep {
  step: string;
  round: number;
  title: string;
  fields: Record<string, unknown>;
  deadline: Deadline;
  /** Said to the person in a comment when the task is opened. */
  remark?: string;
  /** The decisions that end this step; absent where being done is enough. */
  decisions?: readonly string[];
  /** What is wrong with this answer by this person, in words for them; the step goes back to them then. */
  objection?: (answer: Answer, by: string | undefined) => string | undefined;
  /** Whether an operator may give the step up and go on without it. */
  skippable?: boolean;
}

export interface MachineStep<T> extends PersonStep {
  /** Does the step's work; `attempt` counts from 1 and grows when an operator asks again. */
  work: (attempt: number) => Promise<T>;
  /** Whether this failure is final: the step is then parked, and its task given to people. */
  refused: (error: unknown) => boolean;
}

export interface StepResult extends Answer {
  by?: string;
  source: Source;
  skipped?: boolean;
  /** What the machine's work returned. */
  work?: unknown;
}

export interface StepsOptions {
  /** Named in the tasks' fields and by the answer schemas. */
  process: string;
  /** Tasks are identified by `<key>#<step>#<round>`, or by `<key>` alone where one task serves all steps. */
  key: string;
  lifecycle: Lifecycle;
}

const tasks = proxyActivities<TaskActivities>({
  taskQueue: FRAGMENT_QUEUE,
  // A write waits in the gateway for its turn, and through a pause of a minute after a 429.
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * The steps that people do, each held by a Fragment task: opened, kept, and closed when nobody waits for it any more.
 * Whoever finishes a step first, in Fragment or through the backend, decides it; what comes later is recorded only.
 */
export class TaskSteps {
  private uid?: string;
  readonly created: string[] = [];

  constructor(
    private readonly process: TaskProcess,
    private readonly options: StepsOptions,
  ) {
    // Whatever ends the process early, the task that is open then is closed, saying why.
    process.saga.add('closing the open task', () => this.closeCurrent());
  }

  /** A step that a person does. Returns when it is done, by whichever side; throws when the process is withdrawn. */
  async person(spec: PersonStep): Promise<StepResult> {
    const state = this.begin(spec);
    const ended = (await this.opened(spec, state, 'TODO')) ?? (await this.wait(spec, state));
    return this.settle(state, ended);
  }

  /** A step that a machine does while its task shows it; people get the task when the machine is refused. */
  async machine<T>(spec: MachineStep<T>): Promise<StepResult> {
    const state = this.begin(spec);
    let ended = await this.opened(spec, state, 'STARTED');
    for (let attempt = 1; !ended; attempt += 1) {
      state.status = 'working';
      this.process.show();
      try {
        const work = await CancellationScope.nonCancellable(() => spec.work(attempt));
        ended = { source: 'engine', by: 'payment provider', decision: 'done', work };
        await this.tolerant(() => this.close(state, undefined), state);
      } catch (error) {
        if (!spec.refused(error)) throw error;
        ended = await this.handOver(spec, state, messageOf(error));
      }
    }
    return this.settle(state, ended);
  }

  private begin({ step, round }: PersonStep): StepState {
    return this.process.begin({ step, round, status: 'opening', since: new Date().toISOString() });
  }

  private settle(state: StepState, result: StepResult): StepResult {
    state.status = result.skipped ? 'skipped' : 'done';
    state.decision = result.decision;
    state.note = result.note;
    state.by = result.by;
    state.source = result.source;
    state.problem = undefined;
    this.process.waiting = undefined;
    this.process.attention(undefined);
    this.process.audit({
      what: result.skipped ? 'skipped' : (result.decision ?? 'done'),
      step: state.step,
      source: result.source,
      by: result.by,
      why: result.note,
    });
    return result;
  }

  /** Opens the step's task, or moves the single one to it. Returns a result only where the step ended before it began. */
  private async opened(
    spec: PersonStep,
    state: StepState,
    status: 'TODO' | 'STARTED',
  ): Promise<StepResult | undefined> {
    for (;;) {
      try {
        const news = await CancellationScope.nonCancellable(() => this.openOrMove(spec, status));
        this.uid = state.uid = news.uid;
        if (!this.created.includes(news.uid)) this.created.push(news.uid);
        state.status = status === 'TODO' ? 'waiting' : 'working';
        state.since = new Date().toISOString();
        state.due = this.due(spec);
        this.process.await(state);
        if (spec.remark) await this.comment(state, spec.remark);
        // Already DONE when it was created: an answer, not an obstacle. A machine's task is the machine's to judge.
        if (news.status === 'DONE' && status === 'TODO') this.process.events.unshift({ kind: 'news', news });
        return undefined;
      } catch (error) {
        if (isCancellation(error) || !isRejected(error)) throw error;
        const verb = await this.park(spec, state, `Fragment refused the task: ${messageOf(error)}`);
        if (verb.kind !== 'retry') return this.resultOf(verb, spec);
      }
    }
  }

  private openOrMove(spec: PersonStep, status: 'TODO' | 'STARTED') {
    const { process, key, lifecycle } = this.options;
    const { step, round } = spec;
    const fields = { ...spec.fields, title: spec.title, process, step, round, workflow_id: workflowInfo().workflowId };
    const content = { process, step, round, fields, due: this.due(spec) };
    const summary = `${step} ${round}`;
    if (lifecycle === 'single-task' && this.uid) {
      return tasks.moveTask.executeWithOptions({ summary: `move task to ${summary}` }, [
        { ...content, uid: this.uid, status },
      ]);
    }
    const info = workflowInfo();
    return tasks.openTask.executeWithOptions({ summary: `open task ${summary}` }, [
      {
        ...content,
        key: lifecycle === 'single-task' ? key : `${key}#${step}#${round}`,
        ...(status === 'STARTED' ? { status } : {}),
        mayExist: info.runId !== info.firstExecutionRunId,
      },
    ]);
  }

  private due({ deadline }: PersonStep): string {
    return new Date(Date.now() + durationMs(deadline.due)).toISOString();
  }

  /** Waits until the step is done, speaking up at its deadlines. */
  private async wait(spec: PersonStep, state: StepState): Promise<StepResult> {
    this.process.waiting = asWaiting(spec, state);
    const due = alarms(spec.deadline, Date.now());
    let handedBack = false;
    for (;;) {
      const event = await this.nextEvent(spec, state, due[0]);
      if (!event) {
        await this.alarm(spec, state, due.shift() as Alarm);
        continue;
      }
      if (event.kind !== 'news') return this.resultOf(event, spec);
      const { news } = event;
      const problem = news.problem ?? objection(spec, news.answer ?? {}, news.assignee);
      if (!problem) return { ...news.answer, by: news.assignee, source: 'person' };
      // A late copy of the answer that was handed back must not reopen the task again under the person's hands.
      if (handedBack && (await this.read(spec, state))?.status !== 'DONE') continue;
      await this.handBack(state, problem);
      handedBack = true;
    }
  }

  /** The next event that ends or concerns this step; undefined when the alarm rings first. */
  private async nextEvent(spec: PersonStep, state: StepState, alarm?: Alarm): Promise<StepEvent | undefined> {
    const { process } = this;
    for (;;) {
      const arrived = () => process.events.length > 0;
      if (!alarm) await condition(arrived);
      else if (
        !(await condition(arrived, Math.max(1, alarm.at - Date.now()), { summary: `${spec.step}: ${alarm.kind}` }))
      ) {
        return undefined;
      }
      const event = process.take(() => true) as StepEvent;
      if (event.kind !== 'news') return event;
      if (event.news.uid !== state.uid || event.news.status !== 'DONE') {
        this.recordLate(event.news);
        continue;
      }
      if (event.news.step === spec.step && event.news.round === spec.round) return event;
      if (this.isPast(event.news.step, event.news.round)) continue;
      // Its fields were edited, so the answer may have been read by another step's schema: read again, by ours.
      const news = await this.read(spec, state);
      if (news?.status === 'DONE') return { kind: 'news', news };
    }
  }

  private isPast(step: string | undefined, round: number | undefined): boolean {
    return this.process.history.some((past) => past.status === 'done' && past.step === step && past.round === round);
  }

  /** First wins: what a person decided on a step that had been decided otherwise is recorded, never applied. */
  private recordLate({ uid, answer, assignee }: { uid: string; answer?: Answer; assignee?: string }): void {
    const past = this.process.history.find((step) => step.uid === uid && step.decision !== undefined);
    if (!past || !answer?.decision || answer.decision === past.decision) return;
    this.process.audit({
      what: `late answer ignored: ${answer.decision}`,
      step: past.step,
      source: 'person',
      by: assignee,
    });
  }

  private async alarm(spec: PersonStep, state: StepState, { kind }: Alarm): Promise<void> {
    const uid = state.uid as string;
    // A completion that nobody told us of comes to light here.
    const news = await this.read(spec, state);
    if (news?.status === 'DONE') return void this.process.events.push({ kind: 'news', news });
    this.process.audit({ what: kind, step: state.step, source: 'engine' });
    if (kind === 'remind') return this.comment(state, `Reminder: due ${state.due}.`);
    if (kind === 'overdue') {
      state.status = 'overdue';
      this.process.show();
      return this.comment(state, 'This task is overdue.');
    }
    const { escalateTo } = spec.deadline;
    if (!escalateTo) {
      this.process.attention(`${state.step} is overdue since ${state.due}`);
      return this.comment(state, 'Overdue: raised to an operator.');
    }
    await this.tolerant(
      () =>
        tasks.reassignTask.executeWithOptions({ summary: `escalate ${state.step}` }, [
          { uid, email: escalateTo, comment: 'Overdue: reassigned.' },
        ]),
      state,
    );
  }

  private async handBack(state: StepState, problem: string): Promise<void> {
    this.process.audit({ what: 'handed back', step: state.step, source: 'engine', why: problem });
    state.problem = problem;
    this.process.show();
    await this.setStatus(state, 'DONE', 'TODO', problem);
  }

  /** The machine was refused: people get the task, and an operator may have the machine try again. */
  private async handOver(spec: PersonStep, state: StepState, problem: string): Promise<StepResult | undefined> {
    await this.setStatus(state, 'STARTED', 'TODO', `${problem}. Do this step by hand and finish the task.`);
    state.problem = problem;
    state.status = 'parked';
    this.process.audit({ what: 'parked', step: state.step, source: 'engine', why: problem });
    this.process.attention(`${state.step}: ${problem}`);
    this.process.take((event) => event.kind === 'news' && event.news.uid === state.uid);
    const result = await this.waitParked(spec, state);
    if (result) return result;
    await this.setStatus(state, 'TODO', 'STARTED');
    this.process.attention(undefined);
    return undefined;
  }

  private async waitParked(spec: PersonStep, state: StepState): Promise<StepResult | undefined> {
    this.process.waiting = asWaiting(spec, state);
    const event = await this.nextEvent(spec, state);
    if (event?.kind === 'news') return { ...event.news.answer, by: event.news.assignee, source: 'person' };
    return event?.kind === 'retry' ? undefined : this.resultOf(event as StepEvent, spec);
  }

  /** Nothing a machine can settle: waits for an operator's verb. There is no task, so there is no news of one. */
  private async park(spec: PersonStep, state: StepState, problem: string): Promise<StepEvent> {
    state.status = 'parked';
    state.problem = problem;
    this.process.audit({ what: 'parked', step: state.step, source: 'engine', why: problem });
    this.process.waiting = asWaiting(spec, state);
    this.process.attention(`${state.step}: ${problem}`);
    const event = await this.process.next((each) => each.kind !== 'news');
    state.problem = undefined;
    state.status = 'opening';
    this.process.attention(undefined);
    return event;
  }

  /** The step ended on our side: its task is closed, saying so. */
  private async resultOf(event: StepEvent, spec: PersonStep): Promise<StepResult> {
    const state = this.process.history.at(-1) as StepState;
    if (event.kind === 'skip') {
      await this.tolerant(() => this.close(state, `Skipped by an operator: ${event.reason}`), state);
      return { source: 'operator', by: event.by, note: event.reason, skipped: true };
    }
    if (event.kind !== 'complete') throw ApplicationFailure.nonRetryable(`${event.kind} does not end ${spec.step}`);
    const { step: _, by, ...answer } = event.answer;
    const comment = `Done outside Fragment${answer.decision ? `: ${answer.decision}` : ''}.`;
    await this.tolerant(() => this.close(state, comment), state);
    return { ...answer, by, source: 'backend' };
  }

  private async close(state: StepState, comment: string | undefined): Promise<void> {
    const { uid } = state;
    if (!uid) return;
    await CancellationScope.nonCancellable(() =>
      tasks.closeTask.executeWithOptions({ summary: `close task ${state.step} ${state.round}` }, [{ uid, comment }]),
    );
  }

  private async closeCurrent(): Promise<void> {
    const state = this.process.history.at(-1);
    if (!state?.uid || state.status === 'done' || state.status === 'skipped') return;
    const reason = this.process.ending;
    await this.close(state, reason ? `No longer needed: ${reason}` : undefined);
    state.status = 'withdrawn';
    this.process.waiting = undefined;
  }

  private async setStatus(
    state: StepState,
    from: 'TODO' | 'STARTED' | 'DONE',
    to: 'TODO' | 'STARTED',
    comment?: string,
  ): Promise<void> {
    const { uid, step } = state;
    await this.tolerant(
      () =>
        tasks.setTaskStatus.executeWithOptions({ summary: `${step}: back to ${to}` }, [
          { uid: uid as string, from, to, comment },
        ]),
      state,
    );
  }

  private comment(state: StepState, comment: string): Promise<void> {
    return this.tolerant(
      () => tasks.commentOnTask.executeWithOptions({ summary: 'comment' }, [{ uid: state.uid as string, comment }]),
      state,
    );
  }

  /** A change to a task that Fragment refuses for good is put on record; the process goes on without it. */
  private async tolerant(change: () => Promise<void>, state: StepState): Promise<void> {
    try {
      await CancellationScope.nonCancellable(change);
    } catch (error) {
      if (!isRejected(error)) throw error;
      this.process.audit({ what: 'refused by Fragment', step: state.step, source: 'engine', why: messageOf(error) });
    }
  }

  private read(spec: PersonStep, state: StepState) {
    return tasks.readTask.executeWithOptions({ summary: `read task ${spec.step} ${spec.round}` }, [
      { uid: state.uid as string, process: this.options.process, step: spec.step },
    ]);
  }
}

function objection(spec: PersonStep, answer: Answer, by: string | undefined): string | undefined {
  const { decisions } = spec;
  if (decisions && !decisions.includes(answer.decision ?? '')) return `Choose a decision: ${decisions.join(', ')}.`;
  return spec.objection?.(answer, by);
}

function asWaiting(spec: PersonStep, state: StepState): WaitingStep {
  return {
    state,
    mayComplete: (answer) => mayComplete(spec, answer),
    maySkip: () => (spec.skippable ? undefined : refuse(`${spec.step} decides the process: complete it instead`)),
  };
}

function mayComplete(spec: PersonStep, { by, ...answer }: CompleteStep): void {
  const problem = objection(spec, answer, by);
  if (problem) refuse(problem);
}

/** Fragment refused the request itself; everything else passes, and is waited for. */
function isRejected(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && ['FragmentRejected', 'FragmentNotFound'].includes(cause.type ?? '');
}
