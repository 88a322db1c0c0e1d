import type { Task } from '../fragment/schema.js';
import { completionOf } from './feed-delivery.js';

/** Some minutes' worth. One that is forgotten is told to its process, which ignores it. */
const KEPT = 2_000;

/**
 * The completions that processes have made themselves: a machine's step put on record, a task closed for a backend. Their
 * process knows, so the change feed, which lists them like any other, need not wake it: a Signal and a Workflow Task saved
 * for each. In memory alone: what a gateway has made that died is told by its successor.
 */
export class OwnCompletions {
  private readonly made = new Set<string>();

  /** `task` as Fragment answered the write that closed it. With an answer in it, a person came first, and it is news. */
  note(task: Task): void {
    if (Object.values(task.form_data ?? {}).some((value) => value !== null)) return;
    this.made.add(completionOf(task));
    if (this.made.size <= KEPT) return;
    const [oldest] = this.made;
    this.made.delete(oldest as string);
  }

  has(task: Task): boolean {
    return this.made.has(completionOf(task));
  }
}
