import { isDeepStrictEqual } from 'node:util';
import type { Behaviour } from './behaviour.js';
import type { StoredTask, TaskWrite } from './task-shape.js';
import type { Operation } from './tasks.js';
import type { Users } from './users.js';

interface Circumstances {
  operation: Operation;
  at: string;
  behaviour: Behaviour;
  users: Users;
}

/**
 * A new task. Unspecified, its status is TODO and it is due now, as documented. Whether Fragment stamps one that begins
 * assigned, STARTED or DONE is not documented: here the switch for changes decides, as if it had been TODO and nobody's.
 */
export function created(
  uid: string,
  write: TaskWrite,
  { at, behaviour, users }: Omit<Circumstances, 'operation'>,
): StoredTask {
  const task: StoredTask = {
    due_at: at,
    archived: false,
    skills: [],
    ...native(write, users),
    uid,
    status: write.status ?? 'TODO',
    fields: write.fields ?? {},
    created_at: write.created_at ?? at,
    updated_at: write.updated_at ?? at,
    internal_created_at: at,
    internal_updated_at: at,
  };
  stamp({ status: 'TODO' }, task, write, { at, behaviour });
  return task;
}

/** The task after a write; the very same object if nothing changed. */
export function changed(before: StoredTask, write: TaskWrite, circumstances: Circumstances): StoredTask {
  const { operation, at, behaviour, users } = circumstances;
  const after: StoredTask = { ...before, ...native(write, users), uid: before.uid };
  after.created_at = write.created_at ?? before.created_at;
  after.updated_at = before.updated_at;
  const merge = operation === 'PATCH' ? behaviour.fieldsOnPatch : behaviour.fieldsOnPut;
  if (write.fields && merge === 'merge') after.fields = { ...before.fields, ...write.fields };
  if (write.form_data && operation === 'PATCH' && behaviour.formDataOnPatch === 'merge') {
    after.form_data = { ...before.form_data, ...write.form_data };
  }
  if (operation !== 'PATCH' && write.status === undefined && behaviour.putResetsStatus) after.status = 'TODO';
  if (before.status === 'DONE' && behaviour.reopening === 'ignore') after.status = 'DONE';
  stamp(before, after, write, { at, behaviour });
  const redated = write.updated_at != null && write.updated_at !== before.updated_at;
  if (isDeepStrictEqual(before, after) && !redated && !behaviour.noopTouches) return before;
  after.updated_at = write.updated_at ?? at;
  after.internal_updated_at = at;
  return after;
}

type Stamped = Pick<StoredTask, 'status' | 'assignee_uid'>;

function stamp(
  before: Stamped,
  after: StoredTask,
  write: TaskWrite,
  { at, behaviour }: Pick<Circumstances, 'at' | 'behaviour'>,
): void {
  if (!behaviour.automaticTimestamps) return;
  if (after.status !== before.status) {
    if (after.status === 'STARTED') after.started_at = write.started_at ?? at;
    if (after.status === 'DONE') after.done_at = write.done_at ?? at;
    else if (behaviour.doneAtOnReopen === 'clear') after.done_at = write.done_at ?? null;
  }
  if (after.assignee_uid !== before.assignee_uid) {
    after.assigned_at = write.assigned_at ?? (after.assignee_uid ? at : null);
  }
}

/** What is kept of a write: `assignee_email` becomes the uid (a uid that is also sent wins), `status_global` can't be read back. */
function native(write: TaskWrite, users: Users): Partial<StoredTask> {
  const {
    assignee_email: email,
    status_global: _unreadable,
    created_at: _created,
    updated_at: _updated,
    ...kept
  } = write;
  if (kept.assignee_uid === undefined && email !== undefined) {
    kept.assignee_uid = email === null ? null : users.withEmail(email).uid;
  }
  return kept;
}
