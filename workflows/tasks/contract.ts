/**
 * Every name and type by which the outside speaks with a process that holds Fragment tasks.
 * Plain data only: it crosses Temporal's boundary as JSON, and it is bundled with the workflows (no zod, no node:).
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

/** Workflows, and the activities that do not talk to Fragment. Any number of workers may poll it. */
export const PROCESSES_QUEUE = 'processes';
/** Activities that cost Fragment requests. Polled by the gateway alone, which holds the account's request budget. */
export const FRAGMENT_QUEUE = 'fragment';

/** Where a process stands, for list queries. Nothing personal: search attributes are never encrypted. */
export const needsAttentionKey = defineSearchAttributeKey('NeedsAttention', 'BOOL');
/** The uids of the tasks that the process waits for; the change feed reads from it what to look after. */
export const fragmentTasksKey = defineSearchAttributeKey('FragmentTasks', 'KEYWORD_LIST');

/** `task-per-step`: a new task for each step and round. `single-task`: one task whose step, status and fields move. */
export type Lifecycle = 'task-per-step' | 'single-task';
export const LIFECYCLES: readonly Lifecycle[] = ['task-per-step', 'single-task'];

/** What a person, or the backend for a person, answered. Keys a step has no use for stay away. */
export interface Answer {
  decision?: string;
  note?: string;
  reference?: string;
  corrections?: Record<string, unknown>;
}

/** A task as the change feed, or a check by the process itself, last read it. */
export interface TaskNews {
  uid: string;
  status: string;
  /** The step and round that the task's fields name. People can edit fields, so this is a claim, not a proof. */
  step?: string;
  round?: number;
  /** The person's answer, parsed by the schema of `step`; or what is wrong with it, in words for that person. */
  answer?: Answer;
  problem?: string;
  /** Fragment's id of the user the task is assigned to; absent where Fragment does not say. */
  assignee?: string;
  /** The task was deleted or archived while it was awaited, by a read of the task itself; `status` says nothing then. */
  absent?: 'deleted' | 'archived';
}

/** Where an answer came from, for the audit trail. */
export type Source = 'person' | 'backend' | 'operator' | 'engine';

export type StepStatus = 'opening' | 'waiting' | 'overdue' | 'working' | 'parked' | 'done' | 'skipped' | 'withdrawn';

export interface StepState {
  step: string;
  round: number;
  status: StepStatus;
  uid?: string;
  since: string;
  due?: string;
  /** What ended the step: the decision, or `done`. */
  decision?: string;
  note?: string;
  /** Who ended it, and from where. */
  by?: string;
  source?: Source;
  /** Why the step is parked or was handed back. */
  problem?: string;
}

export interface AuditEntry {
  at: string;
  what: string;
  source: Source;
  by?: string;
  step?: string;
  why?: string;
}

/** What a process tells of itself, to a query and as the answer of each Update. */
export interface ProcessState {
  outcome?: string;
  step?: string;
  needsAttention?: string;
  /** Set once a withdrawal has been accepted; the outcome follows when everything is closed. */
  withdrawing?: string;
  steps: StepState[];
  audit: AuditEntry[];
}

export interface CompleteStep extends Answer {
  step: string;
  by?: string;
}

export interface OperatorVerb {
  reason: string;
  by?: string;
}

export const stateQuery = defineQuery<ProcessState>('state');
export const taskChangedSignal = defineSignal<[TaskNews]>('taskChanged');
export const completeStepUpdate = defineUpdate<ProcessState, [CompleteStep]>('completeStep');
export const retryStepUpdate = defineUpdate<ProcessState, [Partial<OperatorVerb>]>('retryStep');
export const skipStepUpdate = defineUpdate<ProcessState, [OperatorVerb]>('skipStep');
export const withdrawUpdate = defineUpdate<ProcessState, [OperatorVerb]>('withdraw');
