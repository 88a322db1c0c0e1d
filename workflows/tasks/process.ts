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
} from '@temporalio/workflow';
import { audited } from './audit.js';
import * as contract from './contract.js';
import type { AuditEntry, CompleteStep, OperatorVerb, ProcessState, StepState } from './contract.js';
import type { StepClock } from './deadline.js';
import { details } from './details.js';
import { StepEvents, isOver, type VerbEvent } from './events.js';
import { isNews } from './guards.js';
import { Listing, type KeywordKey } from './listing.js';
import type { OfferedStep } from './offers.js';
import { Saga } from './saga.js';
import { answerVerbs } from './verbs.js';
import { WakeUp } from './wake-up.js';

export interface ProcessOptions {
  /** Keyword attribute that carries the current step. */
  stepKey: KeywordKey;
  taskUrl?: string;
  /** Its steps, where nobody sends it back. */
  path?: readonly string[];
}

/** The step that waits, as it judges what operators and backends ask of it. Each throws ApplicationFailure to refuse. */
export interface WaitingStep extends OfferedStep {
  mayComplete(answer: CompleteStep): void;
  maySkip(): void;
  mayReassign(): void;
  mayChangeDue(): void;
}

export type Ending<T> = { value: T } | { withdrawn: string };

/**
 * What any process with Fragment tasks has in common: its messages, its audit trail, what the Web UI shows of it, and the
 * way it ends. Handlers are set in the constructor, before anything is awaited: an Update that finds none is refused.
 */
export class TaskProcess {
  readonly saga = new Saga();
  readonly state: ProcessState = { steps: [], audit: [] };
  readonly events = new StepEvents(this.state);
  /** For what must not be cut off half way: what it has done could not be told from what it has not. */
  readonly shield = new CancellationScope({ cancellable: false });
  private readonly scope = new CancellationScope();
  private readonly wakeUp = new WakeUp();
  private readonly listing: Listing;
  private withdrawal?: OperatorVerb;
  private ended = false;
  private reason?: string;
  private clock?: StepClock;
  private current?: WaitingStep;

  constructor(private readonly options: ProcessOptions) {
    this.listing = new Listing(options.stepKey);
    setHandler(contract.stateQuery, () => this.state);
    setHandler(contract.taskChangedSignal, (news: unknown) => {
      if (isNews(news)) this.events.add({ kind: 'news', news });
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
    this.events.recordAll();
    this.state.outcome = outcome;
    this.state.step = undefined;
    this.state.paused = undefined;
    this.state.needsAttention = undefined;
    const ended = outcomeKey ? [{ key: outcomeKey, value: outcome }] : [];
    this.listing.end(ended);
    this.show();
    // A cancellation that comes now is too late: what was reached stays the result.
    if (!allHandlersFinished()) await this.shield.run(() => condition(allHandlersFinished));
  }

  /** Why the process is being undone; undefined while it runs. */
  get ending(): string | undefined {
    return this.reason;
  }

  /** Does what has to be undone if the process does not reach its end, shielded from cancellation. */
  async effect<T>(act: () => Promise<T>, undoing: { what: string; undo: () => Promise<unknown> }): Promise<T> {
    if (!this.mayGoOn) await this.ready();
    this.saga.add(undoing.what, undoing.undo);
    return this.shield.run(act);
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

  /**
   * Whether it is neither paused, withdrawn nor cancelled. Asked before each thing that begins, since waiting for what is so
   * already costs a worker some 100 µs: the SDK keeps the stack of each promise.
   */
  get mayGoOn(): boolean {
    return this.state.paused === undefined && !CancellationScope.current().consideredCancelled;
  }

  /** Passes while the process may go on; else when it is resumed, or never: nothing new begins then. */
  async ready(): Promise<void> {
    // Again, since a withdrawal ends the pause as well: its cancellation is felt by the second condition, not by the first.
    while (!this.mayGoOn) await condition(() => this.state.paused === undefined);
  }

  /** Passes when something has happened, and at the latest `at` a time, whose `summary` is what the Web UI shows. */
  woken({ at, summary }: { at: number; summary?: string }): Promise<void> {
    this.wakeUp.by(at, summary);
    return condition(() => this.events.any || this.state.paused !== undefined || !this.wakeUp.comesBy(at));
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
    this.listing.publish({ step: step.step, tasks, due: this.due, attention: this.state.needsAttention !== undefined });
    this.show();
  }

  attention(why: string | undefined): void {
    this.state.needsAttention = why;
    this.listing.publish({ attention: why !== undefined });
    this.show();
  }

  audit(entry: Omit<AuditEntry, 'at'>): void {
    audited(this.state, entry);
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
    if (step) this.events.dropOvertaken(step);
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
    const event = await this.events.next(({ kind }) => kind === 'retry' || kind === 'skip');
    this.waiting = undefined;
    this.attention(undefined);
    this.events.audit(event as VerbEvent, `${event.kind} ${what}`);
    this.events.acted(event as VerbEvent);
    this.events.dropOvertaken(state);
    return event.kind === 'retry' ? 'retry' : 'skip';
  }

  /** The step is over. What was asked of it besides came second, and is recorded only; news may be of the next step. */
  settled(step: StepState, by?: VerbEvent): void {
    this.waiting = undefined;
    if (by) this.events.acted(by);
    this.events.dropOvertaken(step);
    this.attention(undefined);
  }

  /** Answers an Update when the step has acted on it. A completion that came second and says otherwise is refused. */
  async handled(event: VerbEvent): Promise<ProcessState> {
    this.events.add(event);
    // A withdrawal stops the step that would act on it.
    await condition(() => event.acted === true || this.ended || this.withdrawal !== undefined);
    const { overtaken, kind } = event;
    if (overtaken && kind === 'complete') this.agreed(overtaken, event.verb);
    return this.state;
  }

  /** The step was decided before: the same answer again is answered with the state, another one is recorded and refused. */
  again(step: StepState, verb: CompleteStep): ProcessState {
    const what = `late answer ignored: ${verb.decision ?? 'done'}`;
    if (!isSame(step, verb)) this.events.audit({ kind: 'complete', verb }, what, step.step);
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
    this.listing.publish({ due: this.due });
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
    this.listing.publish({ due: this.due });
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
}

const isSame = (step: StepState, { decision }: CompleteStep): boolean =>
  step.status === 'done' && (step.decision ?? 'done') === (decision ?? 'done');

export function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'Refused');
}

export function messageOf(error: unknown): string {
  return rootCause(error) ?? String(error);
}
