import { isDeepStrictEqual } from 'node:util';
import type { Task, TaskWrite } from '../fragment/schema.js';

/** Whether the task is as the body would make it, so that sending the body would change nothing. */
export function holds(task: Task | undefined, body: TaskWrite): boolean {
  if (!task) return false;
  return Object.entries(body).every(([key, wanted]) => {
    if (key === 'assignee_email') return sameText(task.assignee?.email, wanted as string);
    if (key === 'due_at') return Date.parse(task.due_at ?? '') === Date.parse(wanted as string);
    if (key === 'fields' || key === 'form_data') return holdsEach(task[key] ?? {}, wanted as Record<string, unknown>);
    return isDeepStrictEqual(task[key] ?? null, wanted);
  });
}

/** Keys that the body does not name may stand there: servers that merge keep them. */
function holdsEach(stored: Record<string, unknown>, wanted: Record<string, unknown>): boolean {
  return Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(stored[key] ?? null, value ?? null));
}

function sameText(a: string | null | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}
