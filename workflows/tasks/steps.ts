import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { isCancellation, setHandler } from '@temporalio/workflow';
import type { ExpectedTasks } from '../../activities/drift.js';
import { expectedTasksQuery, type Answer, type StepState, type TaskNews } from './contract.js';
import { dueAt } from './deadline.js';
import { isOver, type StepEvent, type VerbEvent } from './events.js';
import { FragmentTask, isRejected, type FragmentTaskOptions } from './fragment-task.js';
import { messageOf, type TaskProcess } from './process.js';
import { asWaiting, type MachineStep, type PersonStep, type StepResult } from './step.js';
import { StepWait, answerOf } from './wait.js';

/**
 * The steps that people do, each held by a Fragment task: opened, kept, and closed when nobody waits for it any more.
 * Whoever finishes a step first, in Fragment or through the backend, decides it; what comes later is recorded only.
 *
 * What a step by a person costs: one write (six events: the activity and the workflow task that it wakes), one event for
 * the search attributes, and four for the news that it is done. One timer wakes the process for all deadlines.
 */
export class TaskSteps {
  private readonly task: FragmentTask;

  constructor(
    private readonly process: TaskProcess,
    options: FragmentTaskOptions,
  ) {
    this.task = new FragmentTask(options, process.shield, ({ step }, error) =>
      process.audit({ what: 'refused by Fragment', step, source: 'engine', why: messageOf(error) }),
    );
    setHandler(expectedTasksQuery, () => this.expected(options.lifecycle));
    // Whatever ends the process early, the task that is open then is closed, saying why.
    process.saga.add('closing the open task', () => this.closeCurrent());
  }

  /** The uids of the tasks that the process has made. */
  get created(): readonly string[] {
    return this.task.created;
  }

  /** A step that a person does. Returns when it is done, by whichever side; throws when the process is withdrawn. */
  async person(spec: PersonStep): Promise<StepResult> {
    if (!this.process.mayGoOn) await this.process.ready();
    const state = this.begin(spec);
    const ended = (await this.opened(spec, state, 'TODO', spec.remark)) ?? (await this.wait(spec, state));
    return this.settle(state, ended);
  }

  /**
   * A step that a machine does. Done at once, it is put on record with one write: a task that is DONE. Its task is open
   * while the machine has to wait, and people get it when the machine is refused.
   */
  async machine<T>(spec: MachineStep<T>): Promise<StepResult> {
    if (!this.process.mayGoOn) await this.process.ready();
    const state = this.begin(spec);
    let ended: StepResult | undefined;
    for (let attempt = 1; !ended;) {
      state.status = 'working';
      this.process.show();
      try {
        if (!this.process.mayGoOn) await this.process.ready();
        const patience = state.uid ? 'patient' : 'brisk';
        const work = await this.process.shield.run(() => spec.work(attempt, patience));
        ended = { source: 'engine', by: spec.by, decision: 'done', work };
        await this.task.finish(spec, state);
      } catch (error) {
        if (spec.refused(error)) {
          ended = await this.handOver(spec, state, messageOf(error));
          attempt += 1;
        } else if (isExhausted(error) && !state.uid) ended = await this.opened(spec, state, 'STARTED');
        else throw error;
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
    state.emailDigest = result.emailDigest;
    state.source = result.source;
    state.problem = undefined;
    const { source, by, channel } = result;
    const what = result.skipped ? 'skipped' : (result.decision ?? 'done');
    this.process.audit({ what, step: state.step, source, by, channel, why: result.note });
    this.process.settled(state, result.verb);
    return result;
  }

  /**
   * Opens the step's task, or moves the single one to it. Returns a result only where the step ended before it began.
   * With `problem`, the task is people's because the machine was refused.
   */
  private async opened(
    spec: PersonStep,
    state: StepState,
    status: 'TODO' | 'STARTED',
    comment?: string,
    problem?: string,
  ): Promise<StepResult | undefined> {
    for (;;) {
      try {
        const news = await this.task.open(spec, status, comment);
        this.opens(spec, state, news, status, problem);
        return undefined;
      } catch (error) {
        if (isCancellation(error) || !isRejected(error)) throw error;
        const event = await this.park(spec, state, `Fragment refused the task: ${messageOf(error)}`);
        if (event.kind !== 'retry') return this.resultOf(event, spec, state);
      }
    }
  }

  private opens(spec: PersonStep, state: StepState, news: TaskNews, status: string, problem?: string): void {
    state.uid = news.uid;
    state.status = status === 'TODO' ? 'waiting' : 'working';
    state.since = new Date().toISOString();
    state.due = dueAt(spec.deadline, Date.now());
    if (problem === undefined) this.process.await(state);
    else this.parked(spec, state, problem);
    // Already DONE when it was created: an answer, not an obstacle. A machine's task is the machine's to judge.
    if (status === 'TODO' && (news.status === 'DONE' || news.absent)) {
      this.process.events.putBack({ kind: 'news', news });
    }
  }

  /** Waits until the step is done, parking it where its task is taken away for the second time, or cannot be handed back. */
  private async wait(spec: PersonStep, state: StepState): Promise<StepResult> {
    const waiting = new StepWait(this.process, this.task, spec, state);
    for (;;) {
      this.process.waiting = asWaiting(spec, state);
      const end = await waiting.end();
      if ('answer' in end) return end.answer;
      if ('verb' in end) return this.resultOf(end.verb, spec, state);
      this.parked(spec, state, end.problem);
      const result = await this.waitParked(waiting, spec, state);
      if (result) return result;
      await end.again();
      // Asked for again meanwhile: this is it. What else was asked of the step still counts.
      this.process.events.dropOvertaken(state, ({ kind }) => kind === 'retry');
      this.unparked(state, 'waiting');
    }
  }

  /** The machine was refused: people get the task, and an operator may have the machine try again. */
  private async handOver<T>(spec: MachineStep<T>, state: StepState, problem: string): Promise<StepResult | undefined> {
    const comment = `${problem}. Do this step by hand and finish the task.`;
    if (state.uid) {
      const theirs = await this.task.handBack(state, 'STARTED', comment);
      // What people did to the task while it was the machine's answers nothing; what they did since is told by the task.
      let told = false;
      while (this.process.events.take((event) => event.kind === 'news' && event.news.uid === state.uid)) told = true;
      const news = theirs && told ? await this.task.read(spec, state) : undefined;
      if (news?.status === 'DONE') this.process.events.add({ kind: 'news', news });
      this.parked(spec, state, problem);
    } else {
      const ended = await this.opened(spec, state, 'TODO', comment, problem);
      if (ended) return ended;
    }
    const result = await this.waitParked(new StepWait(this.process, this.task, spec, state), spec, state);
    if (result) return result;
    // A person may have done it while nobody had told of it: then the machine must not do it as well.
    const news = await this.task.take(spec, state, `The ${spec.by} tries this again. It comes back where that fails.`);
    if (news?.status === 'DONE') return answerOf(news);
    // Asked for again meanwhile: this is it.
    this.process.events.dropOvertaken(state);
    this.unparked(state, 'working');
    return undefined;
  }

  /** Undefined where an operator wants it tried again. */
  private async waitParked(waiting: StepWait, spec: PersonStep, state: StepState): Promise<StepResult | undefined> {
    const end = await waiting.parkedEnd();
    if ('answer' in end) return end.answer;
    if (end.verb.kind !== 'retry') return this.resultOf(end.verb, spec, state);
    this.retried(end.verb, state);
    return undefined;
  }

  private retried(verb: VerbEvent, state: StepState): void {
    this.process.events.audit(verb, 'retried', state.step);
    this.process.events.acted(verb);
    this.process.events.dropOvertaken(state);
  }

  /** Nothing a machine can settle: waits for an operator's verb. There is no task, so there is no news of one. */
  private async park(spec: PersonStep, state: StepState, problem: string): Promise<StepEvent> {
    this.parked(spec, state, problem);
    const event = await this.process.events.next((each) => each.kind !== 'news');
    this.unparked(state, 'opening');
    if (event.kind === 'retry') this.retried(event, state);
    // Whatever was told of its task meanwhile, nobody had it to do: a new attempt answers how the task stands.
    const { step, round } = state;
    while (
      this.process.events.take((each) => each.kind === 'news' && each.news.step === step && each.news.round === round)
    );
    return event;
  }

  private parked(spec: PersonStep, state: StepState, problem: string): void {
    state.status = 'parked';
    state.problem = problem;
    this.process.audit({ what: 'parked', step: state.step, source: 'engine', why: problem });
    this.process.waiting = asWaiting(spec, state);
    this.process.await(state, `${state.step}: ${problem}`);
  }

  private unparked(state: StepState, status: 'opening' | 'working' | 'waiting'): void {
    state.status = status;
    state.problem = undefined;
    this.process.waiting = undefined;
    this.process.attention(undefined);
  }

  /** The step ended on our side: its task is closed, saying so. */
  private async resultOf(event: StepEvent, spec: PersonStep, state: StepState): Promise<StepResult> {
    if (event.kind === 'skip') {
      const { by, channel, reason } = event.verb;
      await this.task.settle(state, `Skipped by an operator: ${reason}`);
      return { source: 'operator', channel, by, note: reason, skipped: true, verb: event };
    }
    if (event.kind !== 'complete') throw ApplicationFailure.nonRetryable(`${event.kind} does not end ${spec.step}`);
    const { step: _, ...given } = event.verb;
    const answer: Answer = given;
    await this.task.settle(state, `Done outside Fragment${answer.decision ? `: ${answer.decision}` : ''}.`);
    return { ...given, source: 'backend', verb: event };
  }

  private async closeCurrent(): Promise<void> {
    const state = this.process.history.at(-1);
    if (!state || state.status === 'done' || state.status === 'skipped') return;
    const reason = this.process.ending;
    await this.task.close(state, reason ? `No longer needed: ${reason}` : undefined);
    state.status = 'withdrawn';
    this.process.waiting = undefined;
  }

  private expected(lifecycle: FragmentTaskOptions['lifecycle']): ExpectedTasks {
    const state = this.process.history.at(-1);
    const { content, created } = this.task;
    const over = !state || isOver(state);
    const expects: ExpectedTasks = {
      moving: !over && !state.uid,
      // The single task is never over while its process runs: it may be moved on at any moment.
      closed: lifecycle === 'single-task' ? [] : created.filter((uid) => over || uid !== state.uid),
    };
    if (over || !state.uid || !content) return expects;
    const { uid, due } = state;
    const by = state.status === 'working' ? 'machine' : state.status === 'parked' ? 'operator' : 'people';
    return { ...expects, awaited: { ...content, uid, due, by } };
  }
}

/** The call gave up for now; nothing says that it never will succeed. */
export function isExhausted(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'MAXIMUM_ATTEMPTS_REACHED';
}
