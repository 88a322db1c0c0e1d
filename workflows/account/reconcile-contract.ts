/** Every name and type by which the outside speaks with reconciliation. Plain data only (see tasks/contract). */
import type { DriftClass } from '../../activities/drift.js';

export const RECONCILE_WORKFLOW = 'reconcile';
/** Of a run that is asked for, and of the schedule, which appends the time to it; without a name, the default account's. */
export const reconcileId = (account?: string): string =>
  account ? `${RECONCILE_WORKFLOW}-${account}` : RECONCILE_WORKFLOW;

export const DRIFT_CLASSES: readonly DriftClass[] = [
  'missing',
  'archived',
  'orphan',
  'wrong_status',
  'stale_fields',
  'duplicated',
  'unknown',
];

export interface ReconcileInput {
  /** Absent: the default account. */
  account?: string;
  /** Looks and proposes; changes nothing. */
  dryRun?: boolean;
  /** Closes tasks of processes that Temporal does not know, even where they are many. */
  force?: boolean;
  /** A completion younger than this is the change feed's to tell. @default 10_000 */
  graceMs?: number;
}

export interface ReconcileItem {
  class: DriftClass;
  uid: string;
  workflowId: string;
  is: string;
  should: string;
  outcome: 'proposed' | 'mended' | 'gone' | 'left';
  /** What was done, or would be. */
  done: string;
}

export interface ClassCount {
  found: number;
  mended: number;
  /** No longer so when it was looked at again. */
  gone: number;
  /** For a person to see to; in a dry run, all. */
  left: number;
}

export interface ReconcileReport {
  /** Absent: the default account. */
  account?: string;
  dryRun: boolean;
  /** Nothing has drifted, or all of it was mended, and all of it was seen. */
  clean: boolean;
  processes: number;
  /** Processes that did not answer, so that their tasks could not be judged. */
  silent: number;
  /** Open tasks that name a process of ours. */
  openTasks: number;
  /** Tasks that were completed a moment ago and left to the change feed. */
  fresh: number;
  /** Why the list of open tasks was not seen to its end. */
  incomplete?: string;
  /** Orphans left open because they are so many, and Temporal does not know their processes: is it the right Temporal? */
  heldBack?: number;
  classes: Record<DriftClass, ClassCount>;
  /** The first of each class; `classes` has the totals. */
  items: ReconcileItem[];
  /** Fragment requests at most; in a dry run, `mend` is what mending would take. */
  requests: { look: number; mend: number };
}
