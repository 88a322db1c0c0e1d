import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  rootCause,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import * as contract from './contract.js';
import type { AuditEntry, CompleteStep, OperatorVerb, ProcessState, StepState, TaskNews } from './contract.js';
import { details } from './details.js';
import { Saga } from './saga.js';

export type KeywordKey = { name: string; type: 'KEYWORD' };

export interface ProcessOptions {
  /** Keyword attribute that carries the current step. */
  stepKey: KeywordKey;
  taskUrl?: string;
}

/** What can happen to a step that waits. */
export type StepEvent =
  | { kind: 'news'; news: TaskNews }
  | { kind: 'complete'; answer: CompleteStep }
  | { kind: 'retry'; by?: string; reason?: string }
  | { kind: 'skip'; by?: string; reason: string };

/** The step that waits, as it judges what operators and backends ask of it. Each throws ApplicationFailure to refuse. */
export interface WaitingStep {
  state: StepState;
  mayComplete(answer: CompleteStep): void;
  maySkip(): void;
}

export type Ending<T> = { value: T } | { withdrawn: string };

/**
 * What any process with Fragment tasks has in common: its messages, its audit trail, what the Web UI shows of it, and the
 * way it ends. Handlers are set in the constructor, before anything is awaited: an Update that finds none is refused.
 */
export class TaskProcess {
  readonly saga = new Saga();
  readonly events: StepEvent[] = [];
  waiting?: WaitingStep;
  private readonly state: ProcessState = { steps: [], audit: [] };
  private readonly scope = new CancellationScope();
  private withdrawal?: OperatorVerb;
  private ended = false;
  private reason?: string;

  constructor(private readonly options: ProcessOptions) {
    setHandler(contract.stateQuery, () => this.state);
    setHandler(contract.taskChangedSignal, (news) => void this.events.push({ kind: 'news', news }));
    setHandler(contract.completeStepUpdate, (answer) => this.handled({ kind: 'complete', answer }), {
      validator: (answer) => this.currentStep(answer.step).mayComplete(answer),
      description: 'Finish the current step for the person: { step, decision, by }',
    });
    setHandler(contract.retryStepUpdate, (verb: Partial<OperatorVerb>) => this.handled({ kind: 'retry', ...verb }), {
      validator: (_verb: Partial<OperatorVerb>) => this.parked(),
      description: 'Try the parked step again, once its cause is gone',
    });
    setHandler(contract.skipStepUpdate, (verb) => this.handled({ kind: 'skip', ...verb }), {
      validator: (verb) => {
        required(verb.reason, 'reason');
        this.parked();
        this.waiting?.maySkip();
      },
      description: 'Give the parked step up and go on without it: { reason, by }',
    });
    setHandler(contract.withdrawUpdate, (verb) => this.withdraw(verb), {
      validator: (verb) => {
        required(verb.reason, 'reason');
        this.open();
      },
      description: 'Withdraw the process: effects are undone, its task is closed: { reason, by }',
    });
  }

  /**
   * Runs the process. Where it is withdrawn, cancelled or fails, everything registered with the saga is undone first,
   * newest first; a cancellation or failure is then rethrown.
   */
  async run<T>(body: () => Promise<T>): Promise<Ending<T>> {
    try {
      const value = await this.scope.run(body);
      // Accepted while the last effect was under way: what was promised to the backend is kept, and the effect undone.
      if (!this.withdrawal) return { value };
    } catch (error) {
      if (!this.withdrawal) {
        await this.undo(isCancellation(error) ? 'cancelled in Temporal' : String(rootCause(error) ?? error));
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
    this.state.outcome = outcome;
    this.state.step = undefined;
    this.state.needsAttention = undefined;
    upsertSearchAttributes([
      { key: this.options.stepKey, value: null },
      { key: contract.fragmentTasksKey, value: null },
      { key: contract.needsAttentionKey, value: false },
      ...(outcomeKey ? [{ key: outcomeKey, value: outcome }] : []),
    ]);
    this.show();
    // A cancellation that comes now is too late: what was reached stays the result.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }

  /** @throws once the process is withdrawn or cancelled: then nothing new begins. */
  assertGoingOn(): void {
    if (this.scope.consideredCancelled) throw new CancelledFailure('the process is ending');
  }

  /** Why the process is being undone; undefined while it runs. */
  get ending(): string | undefined {
    return this.reason;
  }

  get history(): readonly StepState[] {
    return this.state.steps;
  }

  begin(step: StepState): StepState {
    this.state.steps.push(step);
    this.state.step = step.step;
    this.dropOvertaken();
    this.show();
    return step;
  }

  /** The process waits for this task now: found by list queries and by the change feed. */
  await(step: StepState): void {
    upsertSearchAttributes([
      { key: this.options.stepKey, value: step.step },
      { key: contract.fragmentTasksKey, value: step.uid ? [step.uid] : [] },
    ]);
    this.show();
  }

  attention(why: string | undefined): void {
    if (why === this.state.needsAttention) return;
    const changed = (why === undefined) !== (this.state.needsAttention === undefined);
    this.state.needsAttention = why;
    if (changed) upsertSearchAttributes([{ key: contract.needsAttentionKey, value: why !== undefined }]);
    this.show();
  }

  audit(entry: Omit<AuditEntry, 'at'>): void {
    this.state.audit.push({ at: new Date().toISOString(), ...entry });
  }

  show(): void {
    setCurrentDetails(details(this.state, this.options.taskUrl));
  }

  /** Undoes every effect so far, newest first, and closes the task that is open. */
  async undo(reason: string): Promise<void> {
    this.reason = reason;
    this.audit({ what: 'undoing', source: 'engine', why: reason });
    await this.saga.compensate(async (what, error) => {
      const problem = `${what} failed: ${messageOf(error)}`;
      this.attention(problem);
      this.waiting = {
        state: { step: what, round: 1, status: 'parked', since: new Date().toISOString(), problem },
        mayComplete: () => refuse(`${what} is a compensation: retry or skip it`),
        maySkip: () => undefined,
      };
      const verb = await this.next((event) => event.kind === 'retry' || event.kind === 'skip');
      this.waiting = undefined;
      this.dropOvertaken();
      this.attention(undefined);
      this.audit({
        what: `${verb.kind} ${what}`,
        source: 'operator',
        ...('reason' in verb ? { why: verb.reason } : {}),
      });
      return verb.kind === 'retry' ? 'retry' : 'skip';
    });
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

  /** What was asked besides, of a step that has moved on, came second and is recorded only. News stay: they may be of the next. */
  dropOvertaken(): void {
    for (let late = this.take(isVerb); late; late = this.take(isVerb)) {
      this.audit({ what: `late ${late.kind} ignored`, source: 'backend', by: byOf(late) });
    }
  }

  /** Answers an Update when the step has acted on it. */
  private async handled(event: StepEvent): Promise<ProcessState> {
    this.events.push(event);
    await condition(() => !this.events.includes(event) || this.ended);
    return this.state;
  }

  private withdraw(verb: OperatorVerb): ProcessState {
    this.withdrawal = verb;
    this.state.withdrawing = verb.reason;
    this.audit({ what: 'withdraw', source: 'operator', by: verb.by, why: verb.reason });
    this.show();
    this.scope.cancel();
    return this.state;
  }

  private open(): void {
    if (this.ended) refuse(`the process has ended: ${this.state.outcome}`);
    if (this.withdrawal) refuse(`a withdrawal is under way: ${this.withdrawal.reason}`);
  }

  private parked(): void {
    if (this.ended) refuse(`the process has ended: ${this.state.outcome}`);
    if (this.waiting?.state.status !== 'parked') refuse('no step is parked: there is nothing to retry or to skip');
  }

  private currentStep(step: string): WaitingStep {
    this.open();
    if (!this.waiting) return refuse('no step is waiting for an answer right now; try again in a moment');
    if (this.waiting.state.step !== step) return refuse(`the current step is ${this.waiting.state.step}, not ${step}`);
    return this.waiting;
  }
}

const byOf = (event: StepEvent): string | undefined =>
  event.kind === 'complete' ? event.answer.by : event.kind === 'news' ? event.news.assignee : event.by;
const isVerb = (event: StepEvent): boolean => event.kind !== 'news';

export function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'Refused');
}

function required(value: unknown, name: string): void {
  if (typeof value !== 'string' || value.trim() === '') refuse(`${name} is missing`);
}

export function messageOf(error: unknown): string {
  return rootCause(error) ?? String(error);
}
