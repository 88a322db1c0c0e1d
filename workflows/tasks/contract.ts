/**
 * Every name and type by which the outside speaks with a process that holds Fragment tasks.
 * Plain data only: it crosses Temporal's boundary as JSON, and it is bundled with the workflows (no zod, no node:).
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ExpectedTasks } from '../../activities/drift.js';

export type { Calendar, Weekday } from './calendar.js';

/** Workflows, and the activities that do not talk to Fragment. Any number of workers may poll it. */
export const PROCESSES_QUEUE = 'processes';
/** Activities that cost Fragment requests. Polled by the account's one gateway, which holds its request budget. */
export const FRAGMENT_QUEUE = 'fragment';
/** The same of a named account; without a name it is the default account's. */
export const fragmentQueue = (account?: string): string => (account ? `${FRAGMENT_QUEUE}-${account}` : FRAGMENT_QUEUE);
/** Where gateways wait for their turn to be the one. No account may be called `lease...`, or the queues would meet. */
export const leaseQueue = (account?: string): string => (account ? `fragment-lease-${account}` : 'fragment-lease');

/** Where a process stands, for list queries. Nothing personal: search attributes are never encrypted. */
export const needsAttentionKey = defineSearchAttributeKey('NeedsAttention', 'BOOL');
/** The uids of the tasks that the process waits for; the change feed reads from it what to look after. */
export const fragmentTasksKey = defineSearchAttributeKey('FragmentTasks', 'KEYWORD_LIST');
/** When the step that the process waits for is due; none while its clock stands still. */
export const taskDueKey = defineSearchAttributeKey('TaskDue', 'DATETIME');

/** `task-per-step`: a new task for each step and round. `single-task`: one task whose step, status and fields move. */
export type Lifecycle = 'task-per-step' | 'single-task';
export const LIFECYCLES: readonly Lifecycle[] = ['task-per-step', 'single-task'];

/** What the uid of a step's task is made from, by Fragment's recipe. */
export const taskKey = (key: string, lifecycle: Lifecycle, step: string, round: number): string =>
  lifecycle === 'single-task' ? key : `${key}#${step}#${round}`;

/** What a person, or the backend for a person, answered. Keys a step has no use for stay away. */
export interface Answer {
  decision?: string;
  note?: string;
  reference?: string;
  corrections?: Record<string, unknown>;
  /** What else the process's own schema reads from the form. It stays in history: references, not people. */
  data?: Record<string, unknown>;
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
  /** Which completion this is, as far as Fragment says; told where the process itself has read the task. */
  doneAt?: string;
  /** Stands for that user's e-mail address, which stays out of history; see CompleteStep. */
  emailDigest?: string;
  /** When Fragment says that the task is due. People may have moved it. */
  due?: string;
  /** Nobody can do the task as it is. A hint: the process reads the task again before it acts on it. */
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
  emailDigest?: string;
  source?: Source;
  /** Why the step is parked or was handed back. */
  problem?: string;
}

export interface AuditEntry {
  at: string;
  what: string;
  source: Source;
  /** The way it came, where the caller says so: `cli`, `api`, ... */
  channel?: string;
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
  /** Why nothing new begins until `resume`. What people finish meanwhile is kept, and counts then. */
  paused?: string;
  steps: StepState[];
  audit: AuditEntry[];
}

export interface CompleteStep extends Answer {
  step: string;
  by?: string;
  /**
   * Where `by` is an e-mail address: the first 16 hex digits of the SHA-256 of it in lower case. By it, whom the backend
   * knows by e-mail is told from whom Fragment knows by id.
   */
  emailDigest?: string;
  channel?: string;
}

export interface OperatorVerb {
  reason: string;
  by?: string;
  channel?: string;
}

export interface Reassign extends OperatorVerb {
  email: string;
}

export interface ChangeDue extends OperatorVerb {
  /** ISO 8601, an instant: with its offset from UTC. */
  due: string;
}

export const stateQuery = defineQuery<ProcessState>('state');
/** What the process expects of its tasks in Fragment; reconciliation compares it with what exists. */
export const expectedTasksQuery = defineQuery<ExpectedTasks>('expectedTasks');
export const taskChangedSignal = defineSignal<[TaskNews]>('taskChanged');
export const completeStepUpdate = defineUpdate<ProcessState, [CompleteStep]>('completeStep');
export const retryStepUpdate = defineUpdate<ProcessState, [Partial<OperatorVerb>]>('retryStep');
export const skipStepUpdate = defineUpdate<ProcessState, [OperatorVerb]>('skipStep');
export const withdrawUpdate = defineUpdate<ProcessState, [OperatorVerb]>('withdraw');
export const reassignUpdate = defineUpdate<ProcessState, [Reassign]>('reassign');
export const changeDueUpdate = defineUpdate<ProcessState, [ChangeDue]>('changeDue');
export const pauseUpdate = defineUpdate<ProcessState, [OperatorVerb]>('pause');
export const resumeUpdate = defineUpdate<ProcessState, [OperatorVerb]>('resume');
