/**
 * The workflows as they are, on Temporal's time-skipping server: days pass when a test says so. Fragment and the payment
 * provider are in memory, since time cannot be skipped over HTTP. One stage for a file; tests use claim ids of their own.
 */
import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { InMemoryFragment, type MemoryTask } from '../testing/in-memory-fragment.js';
import { ProcessUnderTest } from '../testing/process-under-test.js';
import { quiet } from '../testing/quiet.js';
import { startTestServer, type TestServer } from '../testing/test-server.js';
import { startTimeSkipping } from '../testing/time-skipping.js';
import { claimProcess, onboardingProcess } from '../worker/own-processes.js';
import {
  DEFAULT_POLICY,
  claimWorkflowId,
  type Claim,
  type ClaimInput,
  type ClaimPolicy,
  type ClaimResult,
  type ClaimStep,
} from '../workflows/claim/contract.js';
import { InMemoryPayments } from './in-memory-payments.js';
import { workflowBundle } from './stage.js';

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
  const payments = new InMemoryPayments();
  const fragment = new ClaimsFragment();
  const stage = await startTimeSkipping({
    server,
    fragment,
    processes: [{ ...claimProcess(), activities: payments.activities }, onboardingProcess],
    workflows: { workflowBundle: await workflowBundle() },
    fragmentActivities: moreActivities,
  });
  return {
    ...stage,
    fragment,
    payments,
    async startClaim(id, { lifecycle = 'task-per-step', policy = {}, ...claim } = {}) {
      const input: ClaimInput = {
        claim: { id, total: { amount: 10_000, currency: 'USD' }, ...claim },
        lifecycle,
        policy: { ...DEFAULT_POLICY, ...policy },
      };
      const { handle } = await stage.start('claim', { workflowId: claimWorkflowId(id), args: [input] });
      return new ClaimOnStage(id, handle, fragment);
    },
  };
}

export class ClaimOnStage extends ProcessUnderTest<ClaimStep, ClaimResult> {
  constructor(
    readonly id: string,
    ...parts: ConstructorParameters<typeof ProcessUnderTest>
  ) {
    super(...parts);
  }
}

/** Asked for tasks by the claim's id. */
class ClaimsFragment extends InMemoryFragment {
  constructor() {
    super([claimProcess()]);
  }

  override of(claimId: string): MemoryTask[] {
    return super.of(claimWorkflowId(claimId));
  }
}
