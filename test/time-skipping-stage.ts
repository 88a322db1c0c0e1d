/**
 * The workflows as they are, on Temporal's time-skipping server: days pass when a test says so. Fragment and the payment
 * provider are in memory, since time cannot be skipped over HTTP. One stage for a file; tests use claim ids of their own.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../cli/search-attributes.js';
import {
  DEFAULT_POLICY,
  claimWorkflowId,
  type Claim,
  type ClaimInput,
  type ClaimPolicy,
  type ClaimResult,
  type ClaimStep,
} from '../workflows/claim/contract.js';
import {
  FRAGMENT_QUEUE,
  PROCESSES_QUEUE,
  type CompleteStep,
  type ProcessState,
  type StepState,
  type TaskNews,
} from '../workflows/tasks/contract.js';
import { InMemoryFragment, type MemoryTask } from './in-memory-fragment.js';
import { InMemoryPayments } from './in-memory-payments.js';
import { quiet, workflowBundle } from './stage.js';
import { startTestServer, type TestServer } from './test-server.js';

export type StartOptions = Partial<Claim> & { lifecycle?: ClaimInput['lifecycle']; policy?: Partial<ClaimPolicy> };

export interface TimeSkippingStage {
  temporal: Client;
  fragment: InMemoryFragment;
  payments: InMemoryPayments;
  /** 100.00 USD, a task per step, the default policy, where nothing else is said. */
  startClaim(id: string, options?: StartOptions): Promise<ClaimOnStage>;
  /** Lets time pass; what falls due meanwhile has happened when this returns. */
  skip(duration: Duration): Promise<void>;
  stop(): Promise<void>;
}

export async function setTimeSkippingStage(): Promise<TimeSkippingStage> {
  quiet();
  return stageOn(await startTestServer());
}

/** On a server of any kind; on one that does not skip time, `skip` takes as long as it says. */
export async function stageOn(server: TestServer, moreActivities: object = {}): Promise<TimeSkippingStage> {
  const { address } = server;
  const undo: (() => Promise<unknown>)[] = [() => server.stop()];
  try {
    const connection = await Connection.connect({ address });
    undo.unshift(() => connection.close());
    const nativeConnection = await NativeConnection.connect({ address });
    undo.unshift(() => nativeConnection.close());
    const temporal = new Client({ connection, identity: 'test' });
    await register(connection);
    const fragment = new InMemoryFragment();
    const payments = new InMemoryPayments();
    const shared = { connection: nativeConnection, identity: 'test', shutdownGraceTime: '1s' as const };
    const workers = [
      await Worker.create({
        ...shared,
        taskQueue: PROCESSES_QUEUE,
        workflowBundle: await workflowBundle(),
        activities: fragment.recorded(payments.activities),
      }),
      await Worker.create({
        ...shared,
        taskQueue: FRAGMENT_QUEUE,
        activities: { ...fragment.activities, ...moreActivities },
      }),
    ];
    const runs = workers.map((worker) => worker.run());
    return {
      temporal,
      fragment,
      payments,
      async startClaim(id, { lifecycle = 'task-per-step', policy = {}, ...claim } = {}) {
        const input: ClaimInput = {
          claim: { id, total: { amount: 10_000, currency: 'USD' }, ...claim },
          lifecycle,
          policy: { ...DEFAULT_POLICY, ...policy },
        };
        const workflowId = claimWorkflowId(id);
        return new ClaimOnStage(
          id,
          await temporal.workflow.start('claim', { workflowId, taskQueue: PROCESSES_QUEUE, args: [input] }),
          fragment,
        );
      },
      skip: (duration) => server.skip(duration),
      async stop() {
        for (const worker of workers) worker.shutdown();
        await Promise.all(runs);
        for (const step of undo) await step();
      },
    };
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

/** A claim, and what people, backends and the change feed do to it. */
export class ClaimOnStage {
  constructor(
    readonly id: string,
    readonly handle: WorkflowHandle,
    private readonly fragment: InMemoryFragment,
  ) {}

  state(): Promise<ProcessState> {
    return this.handle.query<ProcessState>('state');
  }

  async step(name?: ClaimStep): Promise<StepState | undefined> {
    return (await this.state()).steps.filter(({ step }) => !name || step === name).at(-1);
  }

  /** Waits, on the real clock, until the process says so of itself. */
  async until(what: string, holds: (state: ProcessState) => boolean): Promise<ProcessState> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const state = await this.state();
      if (holds(state)) return state;
      if (Date.now() > deadline) assert.fail(`claim ${this.id}: still not so: ${what}; it is ${JSON.stringify(state)}`);
      await pause(5);
    }
  }

  /** Waits until a person, or an operator, can act on this step. */
  async at(
    step: ClaimStep,
    { round = 1, status = 'waiting' }: { round?: number; status?: string } = {},
  ): Promise<StepState> {
    const last = (state: ProcessState) => state.steps.at(-1);
    const state = await this.until(`${step} ${round} is ${status}`, (now) => {
      const current = last(now);
      return current?.step === step && current.round === round && current.status === status;
    });
    return last(state) as StepState;
  }

  /** A person finishes the task of the current step, and the change feed tells of it. */
  async finish(step: ClaimStep, form: Record<string, unknown> | null = null, by?: string): Promise<void> {
    const { uid } = await this.finishUnheard(step, form, by);
    await this.tell(this.fragment.news(uid));
  }

  /** The same, and nobody tells the process. */
  async finishUnheard(step: ClaimStep, form: Record<string, unknown> | null = null, by?: string): Promise<MemoryTask> {
    const uid = (await this.step(step))?.uid ?? assert.fail(`claim ${this.id} has no task for ${step}`);
    return this.fragment.change(uid, { status: 'DONE', form_data: form, ...(by ? { assignee_uid: by } : {}) });
  }

  tell(news: TaskNews): Promise<void> {
    return this.handle.signal('taskChanged', news);
  }

  /** Asks again where the process says that it will be ready in a moment, as a backend would. */
  async complete(answer: CompleteStep): Promise<ProcessState> {
    for (;;) {
      try {
        return await this.handle.executeUpdate('completeStep', { args: [answer] });
      } catch (error) {
        if (!/try again in a moment/.test(String((error as Error).cause))) throw error;
        await pause(20);
      }
    }
  }

  withdraw(reason = 'no longer wanted'): Promise<ProcessState> {
    return this.handle.executeUpdate('withdraw', { args: [{ reason, by: 'backend' }] });
  }

  retry(): Promise<ProcessState> {
    return this.handle.executeUpdate('retryStep', { args: [{ reason: 'mended', by: 'operator' }] });
  }

  skipStep(reason = 'given up'): Promise<ProcessState> {
    return this.handle.executeUpdate('skipStep', { args: [{ reason, by: 'operator' }] });
  }

  result(): Promise<ClaimResult> {
    return this.handle.result() as Promise<ClaimResult>;
  }

  async whats(): Promise<string[]> {
    return (await this.state()).audit.map(({ what }) => what);
  }

  async comments(step: ClaimStep): Promise<string[]> {
    return this.fragment.get((await this.step(step))?.uid ?? '').comments;
  }
}

/** Temporal's IndexedValueType. */
const TYPES = { KEYWORD: 2, BOOL: 5, KEYWORD_LIST: 7 };

/** Adding one that is there already does no harm; the test server cannot list what is there. */
async function register({ operatorService }: Connection): Promise<void> {
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map(({ name, type }) => [name, TYPES[type]]));
  await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
}
