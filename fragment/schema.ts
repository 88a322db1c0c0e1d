/**
 * Fragment's wire shapes. Requests are strict; answers are read leniently, since Fragment documents neither which fields
 * are nullable nor that no field will be added: every key but `uid` may be absent or null, keys that nobody here reads pass
 * through as they are, and one of another type than documented counts as absent. Of `status` alone that would be wrong: what
 * cannot be told from DONE is not known not to be.
 */
import { z } from 'zod';

export const TASK_STATUSES = ['TODO', 'STARTED', 'DONE'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

// z.guid, not z.uuid: seven of eight uids made by Fragment's own recipe are no RFC 9562 UUIDs (fact sheet, 6.3).
const uid = z.guid();
const dateTime = z.iso.datetime({ offset: true });
const anyText = z.string().nullish().catch(undefined);
const anyFlag = z.boolean().nullish().catch(undefined);
/** JSON.stringify recurses: what people nest without end would stop whoever reads it, and is read as empty. */
const MAX_DEPTH = 64;
const anyObject = z
  .record(z.string(), z.unknown())
  .overwrite((value) => (isDeeper(value, MAX_DEPTH) ? {} : value))
  .nullish()
  .catch(undefined);

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

export const userSchema = z.looseObject({
  uid: anyText,
  email: anyText,
});

export const taskSchema = z.looseObject({
  uid,
  archived: anyFlag,
  // A status that Fragment may add one day must not make tasks unreadable, so any text is let through.
  status: z.string().nullish(),
  fields: anyObject,
  form_data: anyObject,
  due_at: anyText,
  assignee_uid: anyText,
  assignee: userSchema.nullish().catch(undefined),
  created_at: anyText,
  updated_at: anyText,
  done_at: anyText,
});
export type Task = z.infer<typeof taskSchema>;

const writable = {
  archived: z.boolean(),
  status: z.enum(TASK_STATUSES),
  status_global: z.enum(TASK_STATUSES),
  fields: z.record(z.string(), z.unknown()),
  due_at: dateTime.nullable(),
  snooze_expires_at: dateTime.nullable(),
  assignee_uid: uid.nullable(),
  assignee_email: z.email().nullable(),
  assigned_at: dateTime.nullable(),
  started_at: dateTime.nullable(),
  done_at: dateTime.nullable(),
  created_at: dateTime,
  updated_at: dateTime,
  assignee_updated_by: uid.nullable(),
  queue_updated_by: uid.nullable(),
  is_assigned_player: z.boolean(),
  queue_uid: uid.nullable(),
  skills: z.array(uid),
  participants: z.record(z.string(), z.unknown()),
  case_uid: uid.nullable(),
  parent_uid: uid.nullable(),
  metadata_form_uid: uid.nullable(),
  form_data: z.record(z.string(), z.unknown()).nullable(),
  form_type: z.string(),
  legacy_data: z.record(z.string(), z.unknown()),
  external_created_at: dateTime.nullable(),
  external_updated_at: dateTime.nullable(),
  external_status: z.enum(TASK_STATUSES).nullable(),
  external_status_updated_at: dateTime.nullable(),
  external_assignee_uid: uid.nullable(),
};

/** What may be written of a task: the writable item of the batch reference, without its uid. */
export const taskWriteSchema = z.strictObject(writable).partial();
export type TaskWrite = z.infer<typeof taskWriteSchema>;
export const batchItemSchema = taskWriteSchema.extend({ uid });
export type BatchItem = z.infer<typeof batchItemSchema>;

/** Deduced from other answers of Fragment's, not documented: what is in it besides is nothing to fail at. */
const meta = z.looseObject({ next_cursor: z.union([z.string(), z.number()]).nullish().catch(undefined) });
/** A list: `items` are validated one by one by the client, so that one odd task does not cost the others. */
export const listSchema = z.looseObject({ items: z.array(z.unknown()), meta: meta.nullish().catch(undefined) });

export const accountSchema = z.record(z.string(), z.unknown());
export type Account = z.infer<typeof accountSchema>;

/** One condition of POST /tasks/query. Operators beyond `==` and combinators beyond `and`/`or` are not documented. */
export interface QueryCondition {
  combinator?: 'and' | 'or';
  conditions?: QueryCondition[];
  field?: string;
  operator?: string;
  negated?: boolean;
  value?: unknown;
}

/** Passed through loosely: the reference names more keys than it explains (fact sheet, 4.11). */
export interface TaskQuery {
  condition?: QueryCondition;
  limit?: number;
  sorts?: { field: string; direction: string }[];
  [key: string]: unknown;
}

export interface TaskPage {
  items: Task[];
  /** Absent on the last page: Fragment may say so by null, by nothing, or by an empty text. */
  nextCursor?: string;
}
