import { z } from 'zod';
import type { Behaviour } from './behaviour.js';
import { nextCursor, pageLimit, type Page } from './list.js';
import { invalid, Refusal } from './refusal.js';
import type { StoredTask } from './task-shape.js';

interface Condition {
  combinator?: string | undefined;
  conditions?: Condition[] | undefined;
  field?: string | undefined;
  operator?: string | undefined;
  negated?: boolean | undefined;
  value?: unknown;
  disabled?: boolean | undefined;
}

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.strictObject({
    combinator: z.enum(['and', 'or'], 'the sandbox knows the combinators "and" and "or"').optional(),
    conditions: z.array(condition).optional(),
    field: z.string().optional(),
    operator: z.literal('==', 'the sandbox knows the operator "==" alone').optional(),
    negated: z.boolean().optional(),
    value: z.unknown().optional(),
    target: z.string().optional(),
    disabled: z.boolean().optional(),
  }),
);

const body = z.looseObject({
  condition: condition.nullish(),
  limit: z.number().nullish(),
  sorts: z
    .array(z.looseObject({ field: z.string(), direction: z.enum(['ascending', 'descending']).default('ascending') }))
    .nullish(),
});

const KNOWN = ['condition', 'limit', 'sorts', 'engine', 'model'];

/** POST /tasks/query, as much of it as can be told from the documentation: conditions with ==, limit and sorts. */
export function queryTasks(tasks: StoredTask[], sent: unknown, behaviour: Behaviour): Page {
  if (behaviour.query === 'refuse') throw new Refusal(422, 'query refused (sandbox switch `query`)');
  const parsed = body.safeParse(sent);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((i) => ({
      loc: ['body', ...i.path.map(String)],
      msg: i.message,
      type: i.code,
    }));
    throw new Refusal(422, problems.map((p) => `${p.loc.join('.')}: ${p.msg}`).join('; '), problems);
  }
  for (const [key, value] of Object.entries(parsed.data)) {
    const empty = value == null || (typeof value === 'object' && Object.keys(value).length === 0);
    if (!KNOWN.includes(key) && !empty)
      throw invalid(['body', key], 'not supported by the sandbox (condition, limit and sorts are)');
  }
  const asked = behaviour.query === 'honour' ? parsed.data.condition : undefined;
  const matching = asked ? tasks.filter(test(asked)) : [...tasks];
  for (const { field, direction } of (parsed.data.sorts ?? []).toReversed()) {
    const sign = direction === 'descending' ? -1 : 1;
    matching.sort((a, b) => sign * compare(read(a, field), read(b, field)));
  }
  const limit = pageLimit(parsed.data.limit, behaviour);
  const items = matching.slice(0, limit);
  const last = items.length < matching.length ? items.at(-1) : undefined;
  // It says that there is more; a way to hand it back is not documented, so there is none here.
  const next = nextCursor(last && [last.created_at, last.uid], behaviour);
  return { items, meta: { limit, total_count: matching.length, ...next } };
}

function test({ disabled, negated = false, ...rest }: Condition): (task: StoredTask) => boolean {
  if (disabled) return () => true;
  const { conditions, combinator = 'and', field, value } = rest;
  // With many `or`-ed uids a set is what keeps a query over thousands of tasks quick.
  const uids = combinator === 'or' ? uidsOf(conditions ?? []) : undefined;
  if (uids) return (task) => uids.has(task.uid) !== negated;
  const parts = (conditions ?? []).filter((part) => !part.disabled).map(test);
  if (field !== undefined) parts.push((task) => same(read(task, field), value));
  if (parts.length === 0) return () => true;
  const holds = (task: StoredTask): boolean =>
    combinator === 'or' ? parts.some((part) => part(task)) : parts.every((part) => part(task));
  return (task) => holds(task) !== negated;
}

function uidsOf(conditions: Condition[]): Set<unknown> | undefined {
  const simple = conditions.every((c) => c.field === 'uid' && !c.negated && !c.disabled && !c.conditions?.length);
  if (!simple || conditions.length === 0) return undefined;
  return new Set(conditions.map((c) => (typeof c.value === 'string' ? c.value.toLowerCase() : c.value)));
}

/** `fields.country` is a custom field; anything else is native. */
function read(task: StoredTask, path: string): unknown {
  const native: Record<string, unknown> = { ...task };
  const value = path.startsWith('fields.') ? task.fields[path.slice(7)] : native[path];
  return value ?? null;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b ?? null);

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
