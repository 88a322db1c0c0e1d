/** What a workflow's history tells of what is under way. */
import type { WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** How what was begun changes the number of what is under way: workflow tasks and activities. A timer may run. */
const CHANGES: [ends: RegExp, by: number][] = [
  [/^(workflowTask|activityTask)Scheduled/, 1],
  [/^(workflowTask|activityTask)(Completed|Failed|TimedOut|Canceled)Event/, -1],
];

/** Nothing was begun that has not ended, or all is over. */
export function isAtRest(history: History): boolean {
  const kinds = kindsOf(history);
  if (/^workflowExecution(Completed|Failed)/.test(kinds.at(-1) ?? '')) return true;
  const changes = kinds.map((kind) => CHANGES.find(([ends]) => ends.test(kind))?.[1] ?? 0);
  return changes.reduce((sum, by) => sum + by, 0) === 0;
}

/** For whoever reads of a claim that hangs. */
export function latest(history: History): string {
  return kindsOf(history)
    .slice(-15)
    .map((kind) => kind.replace('EventAttributes', ''))
    .join(', ');
}

function kindsOf({ events }: History): string[] {
  return (events ?? []).flatMap((event) =>
    Object.entries(event).flatMap(([key, value]) => (key.endsWith('EventAttributes') && value ? [key] : [])),
  );
}
