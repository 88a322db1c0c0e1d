/** Every name and type by which backends, operators and workers speak of a claim. Plain data only (see tasks/contract). */
import { defineSearchAttributeKey, type Duration } from '@temporalio/common';
import type { Calendar, Lifecycle, ProcessState } from '../tasks/contract.js';

export const CLAIM_WORKFLOW = 'claim';
export const claimStepKey = defineSearchAttributeKey('ClaimStep', 'KEYWORD');
export const claimOutcomeKey = defineSearchAttributeKey('ClaimOutcome', 'KEYWORD');
/** The claim's total in minor units, set where it is started. */
export const claimAmountKey = defineSearchAttributeKey('ClaimAmount', 'INT');

export const claimWorkflowId = (claimId: string): string => `claim-${claimId}`;
export const claimIdOf = (workflowId: string): string | undefined =>
  workflowId.startsWith('claim-') ? workflowId.slice('claim-'.length) : undefined;

/** What the uids of a claim's tasks are made from. */
export const claimTaskKey = (claimId: string): string => `claim#${claimId}`;

export type ClaimStep = 'data_entry' | 'review' | 'approval' | 'payment';
export type ClaimOutcome = 'paid' | 'rejected' | 'withdrawn' | 'failed';

/** Money in minor units: 91054 USD is 910.54 dollars, 500 JPY is 500 yen. */
export interface Money {
  amount: number;
  currency: string;
}

/**
 * A claim as the process carries it. It holds references, not people: names, addresses and diagnoses stay in the
 * system that owns them, because workflow input is kept in Temporal's history.
 */
export interface Claim {
  id: string;
  total: Money;
  /** FHIR's claim type: institutional, professional, oral, pharmacy, vision. */
  type?: string;
  priority?: string;
  created?: string;
  patient?: string;
  provider?: string;
  /** Where the operator's browser goes when the task is opened. */
  url?: string;
}

export interface StepDeadline {
  /** The task's due date, counted from when the task exists. */
  due: Duration;
  /** A comment on the task this long before it is due. */
  remindBefore?: Duration;
  /** This long after the due date, the task goes to `escalateTo`, or the claim is raised to an operator. */
  escalateAfter?: Duration;
  escalateTo?: string;
}

export interface ClaimPolicy {
  /** Minor units; claims of this total and above need an approval by a second person. */
  approvalFrom: number;
  /** `strict`: an approval whose approver Fragment does not name is given back. */
  fourEyes: 'verifiable' | 'strict';
  deadlines: Record<ClaimStep, StepDeadline>;
  /** Deadlines in working time, by `calendar(...)` of the client; without it, around the clock. */
  calendar?: Calendar;
  /** The claim's keys that are pushed into its Fragment tasks. Nothing else of the claim leaves for Fragment. */
  allowList: readonly (keyof Claim)[];
  /** Where a person opens a task, `{uid}` for its uid: the links in the Web UI's table of steps. */
  taskUrl?: string;
}

export interface ClaimInput {
  claim: Claim;
  lifecycle: Lifecycle;
  policy: ClaimPolicy;
  /** The Fragment account that gets the tasks; absent: the default one. */
  account?: string;
}

export interface ClaimResult {
  claimId: string;
  outcome: ClaimOutcome;
  reason?: string;
  /** The payment's reference, where the claim was paid. */
  reference?: string;
  rounds: number;
  /** The Fragment tasks that the claim created. */
  tasks: string[];
}

export type ClaimState = ProcessState & { claimId: string; lifecycle: Lifecycle };

export const DEFAULT_POLICY: ClaimPolicy = {
  approvalFrom: 50_000,
  fourEyes: 'verifiable',
  deadlines: {
    data_entry: { due: '1 day', remindBefore: '4 hours', escalateAfter: '1 day' },
    review: { due: '2 days', remindBefore: '8 hours', escalateAfter: '1 day' },
    approval: { due: '2 days', remindBefore: '8 hours', escalateAfter: '1 day' },
    payment: { due: '1 day', remindBefore: '4 hours', escalateAfter: '1 day' },
  },
  allowList: ['total', 'type', 'priority', 'created'],
};
