import type { Client } from '@temporalio/client';
import { taskChangedSignal } from '../workflows/tasks/contract.js';
import type { InMemoryFragment, MemoryTask } from './in-memory-fragment.js';

export interface Work {
  form_data?: Record<string, unknown>;
  /** Fragment's id of the person. */
  by?: string;
}

/** What people do with a task; undefined leaves it alone. `attempt` counts from 1 and grows when a task is given back. */
export type PeopleScript = (task: MemoryTask, attempt: number) => Work | undefined;

/** Whoever does what the script says, as soon as a task is there to be done. Answers the function that ends it. */
export function scriptedPeople(fragment: InMemoryFragment, temporal: Client, script: PeopleScript): () => void {
  const attempts = new Map<string, number>();
  return fragment.afterEach(async () => {
    for (const task of fragment.tasks.values()) {
      if (task.status !== 'TODO') continue;
      const piece = JSON.stringify([task.uid, task.fields.step, task.fields.round]);
      const attempt = (attempts.get(piece) ?? 0) + 1;
      const work = script(task, attempt);
      if (!work) continue;
      attempts.set(piece, attempt);
      const { form_data = null, by } = work;
      fragment.change(task.uid, { status: 'DONE', form_data, ...(by ? { assignee_uid: by } : {}) });
      const owner = temporal.workflow.getHandle(String(task.fields.workflow_id));
      await owner.signal(taskChangedSignal, fragment.news(task.uid));
    }
  });
}
