import type { Behaviour } from './behaviour.js';
import { invalid } from './refusal.js';
import { STATUSES, type StoredTask } from './task-shape.js';

export interface Page {
  items: StoredTask[];
  meta: Record<string, unknown>;
}

type Filter = (task: StoredTask) => boolean;
type Position = [value: string, uid: string];

/** Before the first task, whichever way the list runs: no task has an empty date. */
const START: Position = ['', ''];

export function pageLimit(asked: unknown, behaviour: Behaviour): number {
  if (asked === undefined || asked === null) return behaviour.defaultLimit;
  const limit = Number(asked);
  if (!Number.isInteger(limit) || limit < 1) throw invalid(['query', 'limit'], 'a whole number from 1', 'int_parsing');
  if (limit <= behaviour.maxLimit) return limit;
  if (behaviour.overLimit === 'clamp') return behaviour.maxLimit;
  throw invalid(['query', 'limit'], `at most ${behaviour.maxLimit}`, 'less_than_equal');
}

/** GET /tasks: filter, order, then the page after the cursor's position. A parameter that is not known is ignored. */
export function listTasks(tasks: StoredTask[], sent: Record<string, string>, behaviour: Behaviour): Page {
  const query = behaviour.listFilters === 'status-only' ? without(sent, /_after$|^order_by$/) : sent;
  const filters = filtersOf(query);
  const known = Object.keys(query).filter((key) => key === 'order_by' || key in SIMPLE || key.startsWith('fields.'));
  if (behaviour.listFilters === 'reject' && known[0])
    throw invalid(['query', known[0]], 'unknown parameter', 'extra_forbidden');
  const honoured = behaviour.listFilters === 'honour' || behaviour.listFilters === 'status-only';
  const key = (honoured && orderBy(query['order_by'])) || 'created_at';
  const hideDone = behaviour.listHidesDone && !(honoured && query['status']);
  const direction = behaviour.listOrder === 'ascending' ? 1 : -1;
  const position = (task: StoredTask): Position => [task[key], task.uid];
  const matching = tasks
    .filter((task) => !(hideDone && task.status === 'DONE') && (!honoured || filters.every((filter) => filter(task))))
    .sort((a, b) => direction * compare(position(a), position(b)));

  const limit = pageLimit(query['limit'], behaviour);
  const cursor = query[behaviour.cursorParam];
  const after = cursor ? decode(cursor) : START;
  const found = after[0] ? matching.findIndex((task) => direction * compare(position(task), after) > 0) : 0;
  const start = found < 0 ? matching.length : found;
  const items = matching.slice(start, start + limit);
  const last = items.at(-1);
  const before = start > limit ? matching[start - limit - 1] : undefined;
  const more = last && start + limit < matching.length;
  return {
    items,
    meta: {
      limit,
      self_cursor: cursor ?? null,
      prev_cursor: start === 0 ? null : encode(before ? position(before) : START),
      ...nextCursor(more ? position(last) : undefined, behaviour),
      total_count: matching.length,
    },
  };
}

/** `last`: where a page ends that more comes after. */
export function nextCursor(last: Position | undefined, { lastCursor }: Behaviour): { next_cursor?: string | null } {
  if (last) return { next_cursor: encode(last) };
  return { null: { next_cursor: null }, empty: { next_cursor: '' }, absent: {} }[lastCursor];
}

/** Whether "after" includes the instant itself is not documented; here it does, so that a reader may see a task twice. */
const SIMPLE: Record<string, (wanted: string) => Filter> = {
  status(wanted) {
    if (!STATUSES.some((status) => status === wanted))
      throw invalid(['query', 'status'], 'TODO, STARTED or DONE', 'enum');
    return (task) => task.status === wanted;
  },
  assignee_uid: (wanted) => (task) => task.assignee_uid === wanted.toLowerCase(),
  created_at_after: (wanted) => since('created_at', wanted),
  updated_at_after: (wanted) => since('updated_at', wanted),
};

function since(key: 'created_at' | 'updated_at', wanted: string): Filter {
  const instant = Date.parse(wanted);
  if (Number.isNaN(instant)) throw invalid(['query', `${key}_after`], 'an ISO 8601 date-time', 'datetime_parsing');
  return (task) => Date.parse(task[key]) >= instant;
}

function filtersOf(query: Record<string, string>): Filter[] {
  return Object.entries(query).flatMap(([key, wanted]) => {
    if (key.startsWith('fields.')) return [(task: StoredTask) => asText(task.fields[key.slice(7)]) === wanted];
    const filter = Object.hasOwn(SIMPLE, key) ? SIMPLE[key] : undefined;
    return filter ? [filter(wanted)] : [];
  });
}

function orderBy(wanted: string | undefined): 'created_at' | 'updated_at' | undefined {
  if (wanted === undefined || wanted === 'created_at' || wanted === 'updated_at') return wanted;
  throw invalid(['query', 'order_by'], 'created_at or updated_at', 'enum');
}

const without = (query: Record<string, string>, ignored: RegExp): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter(([key]) => !ignored.test(key)));

const asText = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compare = (a: Position, b: Position): number => order(a[0], b[0]) || order(a[1], b[1]);
const encode = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(position) && typeof position[0] === 'string' && typeof position[1] === 'string') {
      return [position[0], position[1]];
    }
  } catch {
    // Not ours: refused below like any other text that no answer of ours contained.
  }
  throw invalid(['query', 'cursor'], 'not a cursor of this list', 'value_error');
}
