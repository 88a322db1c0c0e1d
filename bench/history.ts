import type { Client } from '@temporalio/client';

/** What a history is made of, by the name of each event's attributes (activityTaskScheduled and so on), and the activities of each queue. */
export interface Counted {
  events: number;
  bytes: number;
  byType: Record<string, number>;
  activitiesByQueue: Record<string, number>;
  /** As Temporal Cloud counts what it bills: starts, activity attempts, timers, signals, updates, upserted attributes. */
  actions: number;
}

export async function countHistory(client: Client, workflowId: string): Promise<Counted> {
  const handle = client.workflow.getHandle(workflowId);
  const { events = [] } = await handle.fetchHistory();
  const byType: Record<string, number> = {};
  const activitiesByQueue: Record<string, number> = {};
  let attempts = 0;
  for (const event of events ?? []) {
    const type = typeOf(event);
    byType[type] = (byType[type] ?? 0) + 1;
    attempts += event.activityTaskStartedEventAttributes?.attempt ?? 0;
    const queue = event.activityTaskScheduledEventAttributes?.taskQueue?.name;
    if (queue) activitiesByQueue[queue] = (activitiesByQueue[queue] ?? 0) + 1;
  }
  const actions = attempts + ACTIONS.reduce((sum, type) => sum + (byType[type] ?? 0), 0);
  const { historySize = 0 } = await handle.describe();
  return { events: events?.length ?? 0, bytes: historySize, byType, activitiesByQueue, actions };
}

const ACTIONS = [
  'workflowExecutionStarted',
  'timerStarted',
  'workflowExecutionSignaled',
  'workflowExecutionUpdateAccepted',
  'upsertWorkflowSearchAttributes',
];

function typeOf(event: object): string {
  const attributes = Object.entries(event).find(([key, value]) => key.endsWith('EventAttributes') && value);
  return (attributes?.[0] ?? 'unknown').replace('EventAttributes', '');
}
