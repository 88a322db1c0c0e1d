import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  completeStepUpdate,
  retryStepUpdate,
  skipStepUpdate,
  stateQuery,
  taskChangedSignal,
  withdrawUpdate,
  type CompleteStep,
  type ProcessState,
  type StepState,
  type TaskNews,
} from '../workflows/tasks/contract.js';
import type { InMemoryFragment, MemoryTask } from './in-memory-fragment.js';

export interface AtStep {
  /** Default 1. */
  round?: number;
  /** Default `waiting`. */
  status?: StepState['status'];
}

/** How long, on the real clock, a process may take to become what a test waits for. */
const PATIENCE_MS = 30_000;

/** A process in a test, and what people, backends and the change feed do to it. */
export class ProcessUnderTest<Step extends string = string, Result = unknown> {
  constructor(
    readonly handle: WorkflowHandle,
    private readonly fragment: InMemoryFragment,
  ) {}

  state(): Promise<ProcessState> {
    return this.handle.query(stateQuery);
  }

  /** The latest round of the step; without a name, the latest step. */
  async step(name?: Step): Promise<StepState | undefined> {
    return (await this.state()).steps.filter(({ step }) => !name || step === name).at(-1);
  }

  /** Waits, on the real clock, until the process says so of itself. @throws after half a minute, with what it is instead. */
  async until(what: string, holds: (state: ProcessState) => boolean): Promise<ProcessState> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const state = await this.state();
      if (holds(state)) return state;
      if (Date.now() > deadline) {
        assert.fail(`${this.handle.workflowId}: still not so: ${what}; it is ${JSON.stringify(state)}`);
      }
      await pause(5);
    }
  }

  /** Waits until a person, or an operator, can act on this step. */
  async at(step: Step, { round = 1, status = 'waiting' }: AtStep = {}): Promise<StepState> {
    const last = (state: ProcessState) => state.steps.at(-1);
    const state = await this.until(`${step} ${round} is ${status}`, (now) => {
      const current = last(now);
      return current?.step === step && current.round === round && current.status === status;
    });
    return last(state) as StepState;
  }

  /** A person finishes the task of the step, and the change feed tells of it. */
  async finish(step: Step, form: Record<string, unknown> | null = null, by?: string): Promise<void> {
    const { uid } = await this.finishUnheard(step, form, by);
    await this.tell(this.fragment.news(uid));
  }

  /** The same, and nobody tells the process: it learns of it when a deadline makes it look. */
  async finishUnheard(step: Step, form: Record<string, unknown> | null = null, by?: string): Promise<MemoryTask> {
    const uid = (await this.step(step))?.uid ?? assert.fail(`${this.handle.workflowId} has no task for ${step}`);
    return this.fragment.change(uid, { status: 'DONE', form_data: form, ...(by ? { assignee_uid: by } : {}) });
  }

  tell(news: TaskNews): Promise<void> {
    return this.handle.signal(taskChangedSignal, news);
  }

  /** Asks again where the process says that it will be ready in a moment, as a backend would. */
  async complete(answer: CompleteStep): Promise<ProcessState> {
    for (;;) {
      try {
        return await this.handle.executeUpdate(completeStepUpdate, { args: [answer] });
      } catch (error) {
        if (!/try again in a moment/.test(String((error as Error).cause))) throw error;
        await pause(20);
      }
    }
  }

  withdraw(reason = 'no longer wanted'): Promise<ProcessState> {
    return this.handle.executeUpdate(withdrawUpdate, { args: [{ reason, by: 'backend' }] });
  }

  retry(): Promise<ProcessState> {
    return this.handle.executeUpdate(retryStepUpdate, { args: [{ reason: 'mended', by: 'operator' }] });
  }

  skipStep(reason = 'given up'): Promise<ProcessState> {
    return this.handle.executeUpdate(skipStepUpdate, { args: [{ reason, by: 'operator' }] });
  }

  result(): Promise<Result> {
    return this.handle.result() as Promise<Result>;
  }

  /** What the audit trail says, entry by entry. */
  async whats(): Promise<string[]> {
    return (await this.state()).audit.map(({ what }) => what);
  }

  async comments(step: Step): Promise<string[]> {
    return this.fragment.get((await this.step(step))?.uid ?? '').comments;
  }
}
