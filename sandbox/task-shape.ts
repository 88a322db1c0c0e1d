import { z } from 'zod';
import type { Behaviour } from './behaviour.js';
import { invalid, Refusal } from './refusal.js';

export const STATUSES = ['TODO', 'STARTED', 'DONE'] as const;
export type Status = (typeof STATUSES)[number];

// Any hex of the 8-4-4-4-12 shape: the documented recipe (MD5, no version bits) fails a strict UUID check.
const guid = z.guid().transform((uid) => uid.toLowerCase());
const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const json = z.record(z.string(), z.unknown());
const status = z.enum(STATUSES);

/** The 31 writable fields. `uid`, `status` and `fields` can't be null; of the others the switch `nullClears` decides. */
const writable = z.object({
  uid: guid.optional(),
  status: status.optional(),
  fields: json.optional(),
  archived: z.boolean().nullish(),
  status_global: status.nullish(),
  due_at: date.nullish(),
  snooze_expires_at: date.nullish(),
  assignee_uid: guid.nullish(),
  assignee_email: z.email().nullish(),
  assigned_at: date.nullish(),
  started_at: date.nullish(),
  done_at: date.nullish(),
  created_at: date.nullish(),
  updated_at: date.nullish(),
  assignee_updated_by: guid.nullish(),
  queue_updated_by: guid.nullish(),
  is_assigned_player: z.boolean().nullish(),
  queue_uid: guid.nullish(),
  skills: z.array(guid).nullish(),
  participants: json.nullish(),
  case_uid: guid.nullish(),
  parent_uid: guid.nullish(),
  metadata_form_uid: guid.nullish(),
  form_data: json.nullish(),
  form_type: z.string().nullish(),
  legacy_data: json.nullish(),
  external_created_at: date.nullish(),
  external_updated_at: date.nullish(),
  external_status: status.nullish(),
  external_status_updated_at: date.nullish(),
  external_assignee_uid: guid.nullish(),
});
const strict = writable.strict();

export type TaskWrite = z.infer<typeof writable>;

/** The task as it is kept: what was written, without what is derived for the answer (assignee, children, metrics). */
export interface StoredTask extends Omit<TaskWrite, 'assignee_email' | 'status_global'> {
  uid: string;
  status: Status;
  fields: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  internal_created_at: string;
  internal_updated_at: string;
}

export function parseUid(text: string): string {
  const uid = guid.safeParse(text);
  if (!uid.success) throw invalid(['path', 'uid'], 'not a uuid (8-4-4-4-12 hex digits)', 'uuid_parsing');
  return uid.data;
}

/** Checks a request's task. `loc` is where it stands in the body, for the error. */
export function parseWrite(body: unknown, behaviour: Behaviour, loc: (string | number)[] = ['body']): TaskWrite {
  const parsed = (behaviour.unknownKeys === '422' ? strict : writable).safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((i) => ({
      loc: [...loc, ...i.path.map(String)],
      msg: i.message,
      type: i.code,
    }));
    throw new Refusal(422, problems.map((p) => `${p.loc.join('.')}: ${p.msg}`).join('; '), problems);
  }
  const write: Record<string, unknown> = parsed.data;
  if (parsed.data.assignee_email?.endsWith('@unknown.example') && behaviour.unknownAssignee !== 'accept') {
    if (behaviour.unknownAssignee === '422') throw invalid([...loc, 'assignee_email'], 'no such user', 'value_error');
    delete write.assignee_email;
  }
  for (const [key, value] of Object.entries(write)) {
    if (value === undefined) delete write[key];
    if (value !== null || behaviour.nullClears === 'clear') continue;
    if (behaviour.nullClears === '422') throw invalid([...loc, key], 'null is not allowed', 'none_not_allowed');
    delete write[key];
  }
  return write;
}
