import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  rootCause,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import * as contract from './contract.js';
import type { AuditEntry, CompleteStep, OperatorVerb, ProcessState, StepState, TaskNews } from './contract.js';
import type { StepClock } from './deadline.js';
import { details } from './details.js';
import { isNews } from './guards.js';
import type { OfferedStep } from './offers.js';
import { Saga } from './saga.js';
import { answerVerbs } from './verbs.js';
import { WakeUp } from './wake-up.js';

export type KeywordKey = { name: string; type: 'KEYWORD' };

export interface ProcessOptions {
  /** Keyword attribute that carries the current step. */
  stepKey: KeywordKey;
  taskUrl?: string;
  /** Its steps, where nobody sends it back. */
  path?: readonly string[];
}

/** What can happen to a step that waits. A verb is answered once it is `acted` on; `overtaken` is set where it came second. */
export type StepEvent =
  | { kind: 'news'; news: TaskNews }
  | ({ acted?: boolean; overtaken?: StepState } & (
      | { kind: 'complete'; verb: CompleteStep }
      | { kind: 'retry'; verb: Partial<OperatorVerb> }
      | { kind: 'skip'; verb: OperatorVerb }
      | { kind: 'reassign'; verb: contract.Reassign }
      | { kind: 'changeDue'; verb: contract.ChangeDue }
    ));
export type VerbEvent = Exclude<StepEvent, { kind: 'news' }>;

/** The step that waits, as it judges what operators and backends ask of it. Each throws ApplicationFailure to refuse. */
export interface WaitingStep extends OfferedStep {
  mayComplete(answer: CompleteStep): void;
  maySkip(): void;
  mayReassign(): void;
  mayChangeDue(): void;
}

export type Ending<T> = { value: T } | { withdrawn: string };

/** What list queries and the change feed see of a process. */
interface Visible {
  step: string | null;
  tasks: string[] | null;
  due: string | null;
  attention: boolean;
}

/**
 * What any process with Fragment tasks has in common: its messages, its audit trail, what the Web UI shows of it, and the
 * way it ends. Handlers are set in the constructor, before anything is awaited: an Update that finds none is refused.
 */
export class TaskProcess {
  readonly saga = new Saga();
  readonly events: StepEvent[] = [];
  readonly state: ProcessState = { steps: [], audit: [] };
  private readonly scope = new CancellationScope();
  private readonly wakeUp = new WakeUp();
  private visible: Visible = { step: null, tasks: null, due: null, attention: false };
  private withdrawal?: OperatorVerb;
  private ended = false;
  private reason?: string;
  private clock?: StepClock;
  private current?: WaitingStep;

  constructor(private readonly options: ProcessOptions) {
    setHandler(contract.stateQuery, () => this.state);
    setHandler(contract.taskChangedSignal, (news: unknown) => {
      if (isNews(news)) this.events.push({ kind: 'news', news });
      else log.warn('a signal that is no news of a task is ignored');
    });
    answerVerbs(this);
  }

  /**
   * Runs the process. Where it is withdrawn, cancelled or fails, everything registered with the saga is undone first,
   * newest first; a cancellation or failure is then rethrown. An error that is no failure of Temporal's is left alone.
   */
  async run<T>(body: () => Promise<T>): Promise<Ending<T>> {
    try {
      const value = await this.scope.run(body);
      // Accepted while the last effect was under way: what was promised to the backend is kept, and the effect undone.
      if (!this.withdrawal) return { value };
    } catch (error) {
      // A mistake in the code: the Workflow Task fails, and is done again once the code is mended. Nothing is undone for it.
      if (!(error instanceof TemporalFailure)) throw error;
      if (!this.withdrawal) {
        await this.undo(isCancellation(error) ? 'cancelled in Temporal' : messageOf(error));
        await this.end(isCancellation(error) ? 'withdrawn' : 'failed');
        throw error;
      }
      // A failure beside the withdrawal changes nothing: the withdrawal undoes whatever was done.
    }
    await this.undo(this.withdrawal.reason);
    return { withdrawn: this.withdrawal.reason };
  }

  /** The last thing a process does. */
  async end(outcome: string, outcomeKey?: KeywordKey): Promise<void> {
    this.ended = true;
    for (const event of this.events) if (event.kind === 'news') this.recordLate(event.news);
    this.state.outcome = outcome;
    this.state.step = undefined;
    this.state.paused = undefined;
    this.state.needsAttention = undefined;
    const ended = outcomeKey ? [{ key: outcomeKey, value: outcome }] : [];
    this.publish({ step: null, tasks: null, due: null, attention: false }, ended);
    this.show();
    // A cancellation that comes now is too late: what was reached stays the result.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }

  /** Why the process is being undone; undefined while it runs. */
  get ending(): string | undefined {
    return this.reason;
  }

  /**
   * Does what has to be undone if the process does not reach its end. Shielded from cancellation: what was cut off half way
   * could not be told from what was done.
   */
  async effect<T>(act: () => Promise<T>, undoing: { what: string; undo: () => Promise<unknown> }): Promise<T> {
    await this.ready();
    this.saga.add(undoing.what, undoing.undo);
    return CancellationScope.nonCancellable(act);
  }

  get history(): readonly StepState[] {
    return this.state.steps;
  }

  get waiting(): WaitingStep | undefined {
    return this.current;
  }

  set waiting(step: WaitingStep | undefined) {
    this.current = step;
    this.show();
  }

  /** The clock of the step that waits: it stands still while the process is paused. */
  time(clock: StepClock): void {
    this.clock = clock;
    if (this.state.paused !== undefined) clock.stop(Date.now());
  }

  /** Whether it is neither paused, withdrawn nor cancelled. */
  get mayGoOn(): boolean {
    return this.state.paused === undefined && !CancellationScope.current().consideredCancelled;
  }

  /** Passes while the process may go on; else when it is resumed, or never: nothing new begins then. */
  async ready(): Promise<void> {
    // Asked before each thing that begins, and a promise costs a worker some 100 µs: the SDK keeps the stack of each.
    // Again, since a withdrawal ends the pause as well: its cancellation is felt by the second condition, not by the first.
    while (!this.mayGoOn) await condition(() => this.state.paused === undefined);
  }

  /** Passes when something has happened, and at the latest `at` a time, whose `summary` is what the Web UI shows. */
  woken({ at, summary }: { at: number; summary?: string }): Promise<void> {
    this.wakeUp.by(at, summary);
    return condition(() => this.events.length > 0 || this.state.paused !== undefined || !this.wakeUp.comesBy(at));
  }

  begin(step: StepState): StepState {
    this.state.steps.push(step);
    this.state.step = step.step;
    this.show();
    return step;
  }

  /** The process waits for this task now: found by list queries and by the change feed. With `problem`, it is parked. */
  await(step: StepState, problem?: string): void {
    if (problem !== undefined) this.state.needsAttention = problem;
    const tasks = step.uid ? [step.uid] : [];
    this.publish({ step: step.step, tasks, due: this.due, attention: this.state.needsAttention !== undefined });
    this.show();
  }

  attention(why: string | undefined): void {
    this.state.needsAttention = why;
    this.publish({ attention: why !== undefined });
    this.show();
  }

  audit(entry: Omit<AuditEntry, 'at'>): void {
    this.state.audit.push({ at: new Date().toISOString(), ...entry });
  }

  show(): void {
    const { taskUrl, path } = this.options;
    setCurrentDetails(details(this.state, { taskUrl, path, waiting: this.waiting }));
  }

  /** Undoes every effect so far, newest first, and closes the task that is open. */
  async undo(reason: string): Promise<void> {
    this.reason = reason;
    this.state.paused = undefined;
    this.audit({ what: 'undoing', source: 'engine', why: reason });
    // What was asked of the step must not decide over what is undone.
    const step = this.waiting?.state;
    this.waiting = undefined;
    if (step) this.dropOvertaken(step);
    await this.saga.compensate((...failed) => this.parkedUndoing(...failed));
  }

  /** Undoes one thing though the process goes on. Where that fails it is an operator's, to be retried or let go. */
  async undoNow(what: string, undo: () => Promise<unknown>): Promise<void> {
    const saga = new Saga();
    saga.add(what, undo);
    await saga.compensate((...failed) => this.parkedUndoing(...failed));
  }

  /** Parks what could not be undone, until an operator says what is to become of it. */
  private async parkedUndoing(what: string, error: unknown): Promise<'retry' | 'skip'> {
    const problem = `${what} failed: ${messageOf(error)}`;
    this.attention(problem);
    const state: StepState = { step: what, round: 1, status: 'parked', since: new Date().toISOString(), problem };
    this.waiting = {
      state,
      skippable: true,
      mayComplete: () => refuse(`${what} is a compensation: retry or skip it`),
      maySkip: () => undefined,
      mayReassign: () => refuse(`${what} is a compensation: no task belongs to it`),
      mayChangeDue: () => refuse(`${what} is a compensation: it is never due`),
    };
    const event = await this.next(({ kind }) => kind === 'retry' || kind === 'skip');
    this.waiting = undefined;
    this.attention(undefined);
    this.auditVerb(event as VerbEvent, `${event.kind} ${what}`);
    this.acted(event as VerbEvent);
    this.dropOvertaken(state);
    return event.kind === 'retry' ? 'retry' : 'skip';
  }

  /** Takes the first event that fits, waiting for it. */
  async next(fits: (event: StepEvent) => boolean): Promise<StepEvent> {
    await condition(() => this.events.some(fits));
    return this.take(fits) as StepEvent;
  }

  take(fits: (event: StepEvent) => boolean): StepEvent | undefined {
    const index = this.events.findIndex(fits);
    return index < 0 ? undefined : this.events.splice(index, 1)[0];
  }

  /** The step is over. What was asked of it besides came second, and is recorded only; news may be of the next step. */
  settled(step: StepState, by?: VerbEvent): void {
    this.waiting = undefined;
    if (by) this.acted(by);
    this.dropOvertaken(step);
    this.attention(undefined);
  }

  dropOvertaken(step: StepState, which: (event: StepEvent) => boolean = isVerb): void {
    for (let late = this.take(which); late; late = this.take(which)) {
      const event = late as VerbEvent;
      event.overtaken = step;
      this.acted(event);
      this.auditVerb(event, `late ${event.kind} ignored`, step.step);
    }
  }

  /** First wins: what a person decided on a step that was over by then is recorded, never applied. */
  recordLate({ uid, step, round, status, answer, assignee }: TaskNews): void {
    // A single task is every step's, so its uid alone does not tell which.
    const past = this.state.steps.find(
      (each) => each.uid === uid && each.step === step && each.round === round && isOver(each),
    );
    if (!past || status !== 'DONE' || !answer?.decision || answer.decision === past.decision) return;
    const what = `late answer ignored: ${answer.decision}`;
    this.audit({ what, step: past.step, source: 'person', by: assignee });
  }

  auditVerb({ kind, verb }: VerbEvent, what: string, step?: string): void {
    const why = kind === 'complete' ? verb.note : verb.reason;
    this.audit({ what, step, source: sourceOf(kind), by: verb.by, channel: verb.channel, why });
  }

  /** What was asked for has happened: its Update is answered with the state that it made. */
  acted(event: VerbEvent): void {
    event.acted = true;
  }

  /** Answers an Update when the step has acted on it. A completion that came second and says otherwise is refused. */
  async handled(event: VerbEvent): Promise<ProcessState> {
    this.events.push(event);
    // A withdrawal stops the step that would act on it.
    await condition(() => event.acted === true || this.ended || this.withdrawal !== undefined);
    const { overtaken, kind } = event;
    if (overtaken && kind === 'complete') this.agreed(overtaken, event.verb);
    return this.state;
  }

  /** The step was decided before: the same answer again is answered with the state, another one is recorded and refused. */
  again(step: StepState, verb: CompleteStep): ProcessState {
    const what = `late answer ignored: ${verb.decision ?? 'done'}`;
    if (!isSame(step, verb)) this.auditVerb({ kind: 'complete', verb }, what, step.step);
    this.agreed(step, verb);
    return this.state;
  }

  withdraw(verb: OperatorVerb): ProcessState {
    if (this.withdrawal || this.reason) return this.state;
    this.withdrawal = verb;
    this.state.withdrawing = verb.reason;
    this.state.paused = undefined;
    this.audit({ what: 'withdraw', source: 'operator', by: verb.by, channel: verb.channel, why: verb.reason });
    this.show();
    this.scope.cancel();
    return this.state;
  }

  pause(verb: OperatorVerb): ProcessState {
    if (this.state.paused !== undefined) return this.state;
    this.clock?.stop(Date.now());
    this.state.paused = verb.reason;
    this.publish({ due: this.due });
    this.audit({ what: 'paused', source: 'operator', by: verb.by, channel: verb.channel, why: verb.reason });
    this.show();
    return this.state;
  }

  resume(verb: OperatorVerb): ProcessState {
    if (this.state.paused === undefined) return this.state;
    this.state.paused = undefined;
    this.clock?.go(Date.now());
    const step = this.waiting?.state;
    if (step?.due) step.due = this.clock?.dueAt(Date.now()) ?? step.due;
    this.publish({ due: this.due });
    this.audit({ what: 'resumed', source: 'operator', by: verb.by, channel: verb.channel, why: verb.reason });
    this.show();
    return this.state;
  }

  /** @throws where the process can no longer be steered. */
  assertOpen(): void {
    if (this.ended) refuse(`the process has ended: ${this.state.outcome}`);
    if (this.withdrawal) refuse(`a withdrawal is under way: ${this.withdrawal.reason}`);
    if (this.reason) refuse(`the process is being undone: ${this.reason}`);
  }

  assertNotEnded(): void {
    if (this.ended) refuse(`the process has ended: ${this.state.outcome}`);
  }

  private agreed(step: StepState, verb: CompleteStep): void {
    if (isSame(step, verb)) return;
    if (isOver(step)) refuse(`${step.step} was decided before: ${step.decision ?? step.status}`);
    refuse(
      `${step.step} cannot be decided now: ${this.reason ? `it is undone (${this.reason})` : 'it is tried again'}`,
    );
  }

  /** Of the current step; none while its clock stands still. */
  private get due(): string | null {
    return this.state.paused === undefined ? (this.state.steps.at(-1)?.due ?? null) : null;
  }

  /** One event of history for all that changed, and none where nothing did. */
  private publish(change: Partial<Visible>, more: { key: KeywordKey; value: string }[] = []): void {
    const { stepKey } = this.options;
    const before = this.visible;
    const after = { ...before, ...change };
    this.visible = after;
    const changed = [
      ...(after.step === before.step ? [] : [{ key: stepKey, value: after.step }]),
      ...(isSameList(after.tasks, before.tasks) ? [] : [{ key: contract.fragmentTasksKey, value: after.tasks }]),
      ...(after.due === before.due
        ? []
        : [{ key: contract.taskDueKey, value: after.due === null ? null : new Date(after.due) }]),
      ...(after.attention === before.attention ? [] : [{ key: contract.needsAttentionKey, value: after.attention }]),
      ...more,
    ];
    if (changed.length > 0) upsertSearchAttributes(changed);
  }
}

const isVerb = (event: StepEvent): boolean => event.kind !== 'news';
export const isOver = ({ status }: StepState): boolean => ['done', 'skipped', 'withdrawn'].includes(status);
const isSameList = (a: string[] | null, b: string[] | null): boolean => String(a) === String(b);
const isSame = (step: StepState, { decision }: CompleteStep): boolean =>
  step.status === 'done' && (step.decision ?? 'done') === (decision ?? 'done');
const sourceOf = (kind: VerbEvent['kind']) => (kind === 'complete' ? ('backend' as const) : ('operator' as const));

export function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'Refused');
}

export function messageOf(error: unknown): string {
  return rootCause(error) ?? String(error);
}
