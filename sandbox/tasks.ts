import { randomUUID } from 'node:crypto';
import type { Behaviour } from './behaviour.js';
import type { Journal, JournalEntry } from './journal.js';
import { invalid, refusedTask, Refusal, type Place } from './refusal.js';
import type { StoredTask, TaskWrite } from './task-shape.js';
import { changed, created } from './task-change.js';
import { Users } from './users.js';

export const OPERATIONS = ['POST', 'PUT', 'PATCH'] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface Comment {
  uid: string;
  at: string;
  by: string;
  content: string;
}

/** One thing that happened to a task. `step` and `assignee` as they were then: a single task moves through several steps. */
export interface TaskEvent {
  at: string;
  by: string;
  what: 'created' | 'updated' | 'commented' | 'deleted';
  changes: string[];
  status: string;
  step: unknown;
  assignee: string | null;
}

interface Entry {
  task: StoredTask;
  comments: Comment[];
  history: TaskEvent[];
}

/** So far back a lag that is raised can look at once; beyond it, only one that was as large when the tasks were written. */
const VERSIONS_KEPT_MS = 3_600_000;

export type Listener = (task: StoredTask, event: TaskEvent) => void;

export interface TaskStoreOptions {
  behaviour: Behaviour;
  journal: Journal;
  now?: () => number;
}

/** The tasks, in memory and in the journal. `by` is who does it: `api`, or the e-mail of a person. */
export class TaskStore {
  readonly users = new Users();
  readonly now: () => number;
  readonly #behaviour: Behaviour;
  readonly #journal: Journal;
  readonly #entries = new Map<string, Entry>();
  /** Earlier versions, kept for the lagging read model: oldest first, `null` for a task that was deleted. */
  readonly #versions = new Map<string, { at: number; task: StoredTask | null }[]>();
  readonly #listeners = new Set<Listener>();

  constructor(options: TaskStoreOptions) {
    this.#behaviour = options.behaviour;
    this.#journal = options.journal;
    this.now = options.now ?? Date.now;
    for (const entry of options.journal.past) this.#replay(entry);
  }

  get(uid: string): StoredTask | undefined {
    return this.#entries.get(uid)?.task;
  }

  detail(uid: string): Readonly<Entry> | undefined {
    return this.#entries.get(uid);
  }

  all(): StoredTask[] {
    return [...this.#entries.values()].map((entry) => entry.task);
  }

  /** The tasks as lists and queries see them: as they were `listLag` ms ago. */
  readModel(): StoredTask[] {
    const lag = this.#behaviour.listLag;
    if (lag === 0) return this.all();
    const then = this.now() - lag;
    const seen: StoredTask[] = [];
    for (const versions of this.#versions.values()) {
      const task = versions.findLast((version) => version.at <= then)?.task;
      if (task) seen.push(task);
    }
    return seen;
  }

  children(uid: string): StoredTask[] {
    return this.all().filter((task) => task.parent_uid === uid);
  }

  /** Throws the refusal that `apply` would throw, and changes nothing. `at`: where the task stands in the request. */
  check(operation: Operation, write: TaskWrite, by = 'api', at: Place = ['body']): void {
    const before = write.uid === undefined ? undefined : this.get(write.uid);
    const present = before !== undefined;
    const { duplicatePost, formDataWithoutForm, missingTitle, patchMissing, patchUidOnly, reopening } = this.#behaviour;
    if (before?.status === 'DONE' && reopening === '422' && (write.status ?? 'DONE') !== 'DONE') {
      throw invalid([...at, 'status'], 'a task that is done stays done', 'value_error');
    }
    // People have Fragment's own forms, which the sandbox has not.
    const formless = by === 'api' && !(write.metadata_form_uid ?? before?.metadata_form_uid);
    if (write.form_data && formless && formDataWithoutForm === '422') {
      throw invalid([...at, 'form_data'], 'the task has no form', 'value_error');
    }
    if (operation === 'PATCH') {
      if (!present && patchMissing === '404') throw refusedTask(404, at, `task ${write.uid} not found`, 'not_found');
      const empty = Object.keys(write).every((key) => key === 'uid');
      if (empty && patchUidOnly === '422') throw invalid(at, 'nothing to update', 'missing');
    }
    if (present && operation === 'POST' && duplicatePost !== 'upsert') {
      throw refusedTask(Number(duplicatePost), at, `task ${write.uid} already exists`, 'already_exists');
    }
    if (!present && missingTitle === '422' && typeof write.fields?.title !== 'string') {
      throw invalid([...at, 'fields', 'title'], 'field required', 'missing');
    }
  }

  apply(operation: Operation, write: TaskWrite, by = 'api', place?: Place): StoredTask {
    this.check(operation, write, by, place);
    const uid = write.uid ?? randomUUID();
    const at = new Date(this.now()).toISOString();
    const before = this.get(uid);
    const after = before
      ? changed(before, write, { operation, at, behaviour: this.#behaviour, users: this.users })
      : created(uid, write, { at, behaviour: this.#behaviour, users: this.users });
    if (after === before) return before;
    const known: Record<string, unknown> = before ? { ...before } : {};
    const changes = Object.entries(after).filter(
      ([key, value]) => JSON.stringify(known[key]) !== JSON.stringify(value),
    );
    const names = changes.map(([key]) => key).filter((key) => !/^(internal_|updated_at)/.test(key));
    this.#record(after, this.#event(after, by, at, before ? 'updated' : 'created', names));
    return after;
  }

  comment(uid: string, content: string, by = 'api'): Comment {
    const entry = this.#entries.get(uid);
    if (!entry) throw new Refusal(404, `task ${uid} not found`);
    const comment = { uid: randomUUID(), at: new Date(this.now()).toISOString(), by, content };
    const event = this.#event(entry.task, by, comment.at, 'commented', []);
    entry.comments.push(comment);
    entry.history.push(event);
    this.#journal.append({ kind: 'comment', task: uid, comment, event });
    for (const listener of this.#listeners) listener(entry.task, event);
    return comment;
  }

  delete(uid: string, by = 'api'): StoredTask {
    const task = this.get(uid);
    if (!task) throw new Refusal(404, `task ${uid} not found`);
    this.#entries.delete(uid);
    const event = this.#event(task, by, new Date(this.now()).toISOString(), 'deleted', []);
    this.#remember(uid, null, event.at);
    this.#journal.append({ kind: 'deleted', task: uid, event });
    for (const listener of this.#listeners) listener(task, event);
    return task;
  }

  /** Calls `listener` after every change; answers the way to stop it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #event(task: StoredTask, by: string, at: string, what: TaskEvent['what'], changes: string[]): TaskEvent {
    const assignee = task.assignee_uid ? this.users.withUid(task.assignee_uid) : null;
    return {
      at,
      by,
      what,
      changes,
      status: task.status,
      step: task.fields.step,
      assignee: assignee?.email ?? assignee?.uid ?? null,
    };
  }

  #record(task: StoredTask, event: TaskEvent): void {
    this.#keep(task, event);
    this.#journal.append({ kind: 'task', task, event });
    for (const listener of this.#listeners) listener(task, event);
  }

  #keep(task: StoredTask, event: TaskEvent): void {
    const entry = this.#entries.get(task.uid) ?? { task, comments: [], history: [] };
    entry.task = task;
    entry.history.push(event);
    this.#entries.set(task.uid, entry);
    this.#remember(task.uid, task, event.at);
  }

  #remember(uid: string, task: StoredTask | null, at: string): void {
    const versions = this.#versions.get(uid) ?? [];
    versions.push({ at: Date.parse(at), task });
    // The lag may be raised later: what no list shows today is kept for a while.
    const past = this.now() - Math.max(this.#behaviour.listLag, VERSIONS_KEPT_MS);
    // All but the newest of the past can be forgotten.
    const newest = versions.findLastIndex((version) => version.at <= past);
    this.#versions.set(uid, versions.slice(Math.max(newest, 0)));
  }

  #replay(entry: JournalEntry): void {
    if (entry.kind === 'task') {
      const { task, event } = entry;
      // Who a uid is stands only in the event: the directory of users is not written down.
      if (task.assignee_uid && event.assignee?.includes('@'))
        this.users.add({ uid: task.assignee_uid, email: event.assignee });
      this.#keep(task, event);
    } else if (entry.kind === 'comment') {
      const kept = this.#entries.get(entry.task);
      kept?.comments.push(entry.comment);
      kept?.history.push(entry.event);
    } else if (entry.kind === 'deleted') {
      this.#entries.delete(entry.task);
      this.#versions.delete(entry.task);
    }
  }
}
