import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JournalEntry } from '../../sandbox/journal.js';
import type { Payment, Reservation } from '../../sandbox/ledger.js';
import type { StoredTask } from '../../sandbox/task-shape.js';
import type { Comment, TaskEvent } from '../../sandbox/tasks.js';

/** One thing that happened to a task, and the step that it stood for then. */
export interface Happening {
  event: TaskEvent;
  /** As it was afterwards; absent for a comment. */
  task?: StoredTask;
  comment?: Comment;
  /** By what our side wrote last: people edit fields. */
  place: string;
}

export interface TaskRecord {
  uid: string;
  claimId: string;
  happenings: Happening[];
}

/** What happened, by the sandbox's journal: the order of its lines is the order of events. */
export interface ChaosRecord {
  tasks: Map<string, TaskRecord>;
  payments: Payment[];
  reservations: Reservation[];
}

export const placeOf = (step: unknown, round: unknown): string => `${String(step)} ${String(round)}`;

export function readRecord(journal: string): ChaosRecord {
  const tasks = new Map<string, TaskRecord>();
  const payments = new Map<string, Payment>();
  const reservations = new Map<string, Reservation>();
  for (const line of readFileSync(journal, 'utf8').trimEnd().split('\n')) {
    const entry = JSON.parse(line) as JournalEntry;
    switch (entry.kind) {
      case 'task': {
        const { task, event } = entry;
        const claimId = String(task.fields.claim_id);
        const record = tasks.get(task.uid) ?? { uid: task.uid, claimId, happenings: [] };
        tasks.set(task.uid, record);
        const before = record.happenings.at(-1)?.place;
        const place = event.by === 'api' || !before ? placeOf(task.fields.step, task.fields.round) : before;
        record.happenings.push({ event, task, place });
        break;
      }
      case 'comment': {
        const { happenings } = tasks.get(entry.task)!;
        happenings.push({ event: entry.event, comment: entry.comment, place: happenings.at(-1)!.place });
        break;
      }
      case 'payment':
        payments.set(entry.value.id, entry.value);
        break;
      case 'reservation':
        reservations.set(entry.value.id, entry.value);
        break;
      case 'deleted':
      case 'answer':
        break;
    }
  }
  return { tasks, payments: [...payments.values()], reservations: [...reservations.values()] };
}

/** Fragment's documented recipe, written here once more so that a mistake in the product's copy shows. */
export function uidOf(key: string): string {
  return createHash('md5')
    .update(key)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
