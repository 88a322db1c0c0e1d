import type { StoredTask } from './task-shape.js';
import type { TaskStore } from './tasks.js';
import { userBody } from './users.js';

const UNSET = [
  ...[
    'snooze_expires_at',
    'assignee_uid',
    'assigned_at',
    'started_at',
    'done_at',
    'assignee_updated_by',
    'queue_updated_by',
  ],
  ...[
    'is_assigned_player',
    'queue_uid',
    'participants',
    'case_uid',
    'parent_uid',
    'metadata_form_uid',
    'form_data',
    'form_type',
  ],
  ...['legacy_data', 'external_created_at', 'external_updated_at', 'external_status', 'external_status_updated_at'],
  ...[
    'external_assignee_uid',
    'queue_time',
    'queue_time_business',
    'work_time',
    'work_time_business',
    'incremental_work_time',
  ],
  ...[
    'incremental_work_time_business',
    'resolution_time',
    'resolution_time_business',
    'wait_time',
    'wait_time_business',
  ],
  ...['sla_breach_at', 'sla_breach_business_at', 'review_status', 'task_type', 'played_at'],
];
const blank: Record<string, unknown> = Object.fromEntries(UNSET.map((key) => [key, null]));

/** The task as an answer shows it: every readable field, null where there is nothing. Metrics stay null: the sandbox computes none. */
export function taskBody(task: StoredTask, store: TaskStore, children?: StoredTask[]): Record<string, unknown> {
  const kids = children ?? [];
  return {
    ...blank,
    ...task,
    assignee: task.assignee_uid ? userBody(store.users.withUid(task.assignee_uid)) : null,
    num_children: kids.length,
    num_children_done: kids.filter((child) => child.status === 'DONE').length,
  };
}
