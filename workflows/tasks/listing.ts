import { upsertSearchAttributes } from '@temporalio/workflow';
import { fragmentTasksKey, needsAttentionKey, taskDueKey } from './contract.js';

export type KeywordKey = { name: string; type: 'KEYWORD' };

/** What list queries and the change feed see of a process. */
interface Listed {
  step: string | null;
  /** The uids that it waits for. */
  tasks: string[] | null;
  due: string | null;
  attention: boolean;
}

const NOTHING: Listed = { step: null, tasks: null, due: null, attention: false };

/** Keeps the search attributes of a process as it is: one event of history for all that changed, none where nothing did. */
export class Listing {
  private listed = NOTHING;

  /** @param stepKey Keyword attribute that carries the current step. */
  constructor(private readonly stepKey: KeywordKey) {}

  publish(change: Partial<Listed>, more: { key: KeywordKey; value: string }[] = []): void {
    const before = this.listed;
    const after = { ...before, ...change };
    this.listed = after;
    const changed = [
      ...(after.step === before.step ? [] : [{ key: this.stepKey, value: after.step }]),
      ...(isSameList(after.tasks, before.tasks) ? [] : [{ key: fragmentTasksKey, value: after.tasks }]),
      ...(after.due === before.due
        ? []
        : [{ key: taskDueKey, value: after.due === null ? null : new Date(after.due) }]),
      ...(after.attention === before.attention ? [] : [{ key: needsAttentionKey, value: after.attention }]),
      ...more,
    ];
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  /** The process has ended: no list of what runs or waits names it. */
  end(more: { key: KeywordKey; value: string }[]): void {
    this.publish(NOTHING, more);
  }
}

const isSameList = (a: string[] | null, b: string[] | null): boolean => String(a) === String(b);
