import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { StepState, TaskNews } from './contract.js';
import { alarms, durationMs, type Alarm } from './deadline.js';
import { FragmentTask, isRejected, type FragmentTaskOptions } from './fragment-task.js';
import { messageOf, type StepEvent, type TaskProcess } from './process.js';
import { asWaiting, problemOf, type MachineStep, type PersonStep, type StepResult } from './step.js';

/**
 * The steps that people do, each held by a Fragment task: opened, kept, and closed when nobody waits for it any more.
 * Whoever finishes a step first, in Fragment or through the backend, decides it; what comes later is recorded only.
 */
export class TaskSteps {
  private readonly task: FragmentTask;

  constructor(
    private readonly process: TaskProcess,
    options: FragmentTaskOptions,
  ) {
    this.task = new FragmentTask(options, ({ step }, error) =>
      process.audit({ what: 'refused by Fragment', step, source: 'engine', why: messageOf(error) }),
    );
    // Whatever ends the process early, the task that is open then is closed, saying why.
    process.saga.add('closing the open task', () => this.closeCurrent());
  }

  /** The uids of the tasks that the process has made. */
  get created(): readonly string[] {
    return this.task.created;
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
      this.process.assertGoingOn();
      try {
        const work = await CancellationScope.nonCancellable(() => spec.work(attempt));
        ended = { source: 'engine', by: 'payment provider', decision: 'done', work };
        await this.task.settle(state);
      } catch (error) {
        if (!spec.refused(error)) throw error;
        ended = await this.handOver(spec, state, messageOf(error));
      }
    }
    return this.settle(state, ended);
  }

  private begin({ step, round }: PersonStep): StepState {
    this.process.assertGoingOn();
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
        const news = await this.task.open(spec, status);
        state.uid = news.uid;
        state.status = status === 'TODO' ? 'waiting' : 'working';
        state.since = new Date().toISOString();
        state.due = new Date(Date.now() + durationMs(spec.deadline.due)).toISOString();
        this.process.await(state);
        if (spec.remark) await this.task.comment(state, spec.remark);
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

  /** Waits until the step is done, speaking up at its deadlines. */
  private async wait(spec: PersonStep, state: StepState): Promise<StepResult> {
    this.process.waiting = asWaiting(spec, state);
    const due = alarms(spec.deadline, Date.now());
    for (;;) {
      const event = await this.nextEvent(spec, state, due[0]);
      if (!event) {
        await this.alarm(spec, state, due.shift() as Alarm);
        continue;
      }
      if (event.kind !== 'news') return this.resultOf(event, spec);
      let news: TaskNews | null = event.news;
      // It may be a late copy, of an answer that was handed back or that the person has corrected by now.
      if (problemOf(spec, news)) news = await this.task.read(spec, state);
      if (news?.status !== 'DONE') continue;
      const problem = problemOf(spec, news);
      if (!problem) return { ...news.answer, by: news.assignee, source: 'person' };
      await this.handBack(state, problem);
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
      if (this.isPast(event.news.step, event.news.round)) {
        this.recordLate(event.news);
        continue;
      }
      // Its fields were edited, so the answer may have been read by another step's schema: read again, by ours.
      const news = await this.task.read(spec, state);
      if (news?.status === 'DONE') return { kind: 'news', news };
    }
  }

  private isPast(step: string | undefined, round: number | undefined): boolean {
    return this.process.history.some((past) => past.status === 'done' && past.step === step && past.round === round);
  }

  /** First wins: what a person decided on a step that had been decided otherwise is recorded, never applied. */
  private recordLate({ uid, step, round, answer, assignee }: TaskNews): void {
    const past = this.process.history.find(
      (each) => each.uid === uid && each.step === step && each.round === round && each.decision !== undefined,
    );
    if (!past || !answer?.decision || answer.decision === past.decision) return;
    this.process.audit({
      what: `late answer ignored: ${answer.decision}`,
      step: past.step,
      source: 'person',
      by: assignee,
    });
  }

  private async alarm(spec: PersonStep, state: StepState, { kind }: Alarm): Promise<void> {
    // A completion that nobody told us of comes to light here.
    const news = await this.task.read(spec, state);
    if (news?.status === 'DONE') return void this.process.events.push({ kind: 'news', news });
    this.process.audit({ what: kind, step: state.step, source: 'engine' });
    if (kind === 'remind') return this.task.comment(state, `Reminder: due ${state.due}.`);
    if (kind === 'overdue') {
      state.status = 'overdue';
      this.process.show();
      return this.task.comment(state, 'This task is overdue.');
    }
    const { escalateTo } = spec.deadline;
    if (!escalateTo) {
      this.process.attention(`${state.step} is overdue since ${state.due}`);
      return this.task.comment(state, 'Overdue: raised to an operator.');
    }
    await this.task.reassign(state, escalateTo, 'Overdue: reassigned.');
  }

  private async handBack(state: StepState, problem: string): Promise<void> {
    this.process.audit({ what: 'handed back', step: state.step, source: 'engine', why: problem });
    state.problem = problem;
    this.process.show();
    await this.task.setStatus(state, 'DONE', 'TODO', problem);
  }

  /** The machine was refused: people get the task, and an operator may have the machine try again. */
  private async handOver(spec: PersonStep, state: StepState, problem: string): Promise<StepResult | undefined> {
    await this.task.setStatus(state, 'STARTED', 'TODO', `${problem}. Do this step by hand and finish the task.`);
    state.problem = problem;
    state.status = 'parked';
    this.process.audit({ what: 'parked', step: state.step, source: 'engine', why: problem });
    this.process.attention(`${state.step}: ${problem}`);
    this.process.take((event) => event.kind === 'news' && event.news.uid === state.uid);
    const result = (await this.waitParked(spec, state)) ?? (await this.doneByHand(spec, state));
    if (result) return result;
    await this.task.setStatus(state, 'TODO', 'STARTED');
    this.process.attention(undefined);
    return undefined;
  }

  /** A person may have done it while nobody had told of it: then the machine must not do it as well. */
  private async doneByHand(spec: PersonStep, state: StepState): Promise<StepResult | undefined> {
    const news = await this.task.read(spec, state);
    return news?.status === 'DONE' ? { ...news.answer, by: news.assignee, source: 'person' } : undefined;
  }

  private async waitParked(spec: PersonStep, state: StepState): Promise<StepResult | undefined> {
    this.process.waiting = asWaiting(spec, state);
    const event = await this.nextEvent(spec, state);
    if (event?.kind === 'news') return { ...event.news.answer, by: event.news.assignee, source: 'person' };
    if (event?.kind !== 'retry') return this.resultOf(event as StepEvent, spec);
    state.status = 'working';
    this.process.dropOvertaken();
    return undefined;
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
    this.process.dropOvertaken();
    this.process.attention(undefined);
    return event;
  }

  /** The step ended on our side: its task is closed, saying so. */
  private async resultOf(event: StepEvent, spec: PersonStep): Promise<StepResult> {
    const state = this.process.history.at(-1) as StepState;
    if (event.kind === 'skip') {
      await this.task.settle(state, `Skipped by an operator: ${event.reason}`);
      return { source: 'operator', by: event.by, note: event.reason, skipped: true };
    }
    if (event.kind !== 'complete') throw ApplicationFailure.nonRetryable(`${event.kind} does not end ${spec.step}`);
    const { step: _, by, ...answer } = event.answer;
    const comment = `Done outside Fragment${answer.decision ? `: ${answer.decision}` : ''}.`;
    await this.task.settle(state, comment);
    return { ...answer, by, source: 'backend' };
  }

  private async closeCurrent(): Promise<void> {
    const state = this.process.history.at(-1);
    if (!state?.uid || state.status === 'done' || state.status === 'skipped') return;
    const reason = this.process.ending;
    await this.task.close(state, reason ? `No longer needed: ${reason}` : undefined);
    state.status = 'withdrawn';
    this.process.waiting = undefined;
  }
}
