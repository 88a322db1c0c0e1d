import { DEFAULT_POLICY, type Claim, type ClaimPolicy, type ClaimStep } from '../workflows/claim/contract.js';
import { straightPath, taskTitle } from '../workflows/claim/plan.js';
import type { Lifecycle } from '../workflows/tasks/contract.js';

export interface PlanOptions {
  lifecycle: Lifecycle;
  /** Whether a payment provider pays; else a person does. */
  provider: boolean;
  policy?: ClaimPolicy;
}

export interface PlannedTask {
  step: ClaimStep;
  title: string;
  /** Counted from when the task exists. */
  due: string;
  by: 'person' | 'payment provider';
}

/** What a part of a claim's way costs. */
export interface Cost {
  /** Tasks of Fragment, written through batches. */
  writes: number;
  /** Requests that no batch takes. */
  comments: number;
  /** As Temporal Cloud counts them. */
  actions: number;
}

export interface ClaimPlan {
  claimId: string;
  lifecycle: Lifecycle;
  tasks: PlannedTask[];
  straight: Cost;
  /** What each time more costs that somebody asks for more information. */
  rework: { review: Cost; approval?: Cost };
  /** What is undone when the claim is withdrawn or fails, newest first. */
  compensations: string[];
}

/**
 * Billed actions, held by test/workflows/claim-history.test.ts. A step by a person: its task is opened, list queries see
 * it, it is told to be done. A provider's payment: reserved, paid, put on record. Where a step is due sooner than one before
 * it, or the first deadline comes while the claim is open, another timer is started.
 */
const START = 1;
const TIMER = 1;
const PERSON = 3;
const PROVIDER = 3;
/** Asking whether there is a provider. */
const NO_PROVIDER = 1;
const END = 1;

/** What the claim's process will do, and what it will cost, where nothing goes wrong and nobody is late. */
export function planClaim(claim: Claim, { lifecycle, provider, policy = DEFAULT_POLICY }: PlanOptions): ClaimPlan {
  const path = straightPath(claim, policy);
  const byProvider = (step: ClaimStep): boolean => provider && step === 'payment';
  const people = path.filter((step) => !byProvider(step)).length;
  const payment = provider ? PROVIDER : NO_PROVIDER;
  return {
    claimId: claim.id,
    lifecycle,
    tasks: path.map((step) => ({
      step,
      title: taskTitle(step, claim, 1),
      due: String(policy.deadlines[step].due),
      by: byProvider(step) ? 'payment provider' : 'person',
    })),
    straight: { writes: path.length, comments: 0, actions: START + TIMER + people * PERSON + payment + END },
    rework: { review: again(2), ...(path.includes('approval') ? { approval: again(3) } : {}) },
    compensations: [
      ...(provider ? ['refund the payment', 'release the reserved amount'] : []),
      'close the open task, with a comment that says why',
    ],
  };
}

/** So many steps once more; a comment on the new task says what is asked for. */
function again(steps: number): Cost {
  return { writes: steps, comments: 1, actions: steps * PERSON };
}
