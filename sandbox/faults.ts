import { z } from 'zod';

/** `times` of a fault that stays until the faults are cleared. */
export const UNTIL_CLEARED = Number.MAX_SAFE_INTEGER;

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().toUpperCase().optional(),
      path: z
        .string()
        .optional()
        .describe('endpoint (/tasks/batch, /tasks/:uid, /payments) or path; a trailing * matches any rest'),
      uid: z
        .guid()
        .toLowerCase()
        .optional()
        .describe(
          'requests that are about this task: by their path, or by their body, alone or in a batch; no query is',
        ),
    })
    .default({}),
  times: z
    .union([z.int().positive(), z.literal('always').transform(() => UNTIL_CLEARED)])
    .default(1)
    .describe('so many requests; always: until the faults are cleared'),
  kind: z
    .enum(['status', 'delay', 'lost-answer', 'half-batch', 'drop'])
    .describe(
      'lost-answer: applied, then the connection drops; half-batch: half is applied, then 500; drop: nothing is applied',
    ),
  status: z.int().min(400).max(599).default(500),
  retryAfter: z.int().nonnegative().optional(),
  html: z.boolean().default(false).describe('the body of a status fault is a web page, whatever errorShape says'),
  delayMs: z.int().nonnegative().default(1000),
});

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

interface Asked {
  method: string;
  /** The path, with `:uid` where a task's uid stands. */
  endpoint: string;
  path: string;
  body?: unknown;
}

/** Faults that wait for a request. The first that matches is taken; one with no `match.path` concerns /api/v1 alone. */
export class Faults {
  waiting: Fault[] = [];
  taken = 0;

  add(fault: FaultInput): Fault {
    const parsed = faultSchema.parse(fault);
    this.waiting.push(parsed);
    return parsed;
  }

  clear(): void {
    this.waiting = [];
  }

  /** Whether a body has to be read to find the fault that a request meets. */
  get lookIntoBodies(): boolean {
    return this.waiting.some(({ match }) => match.uid !== undefined);
  }

  take(asked: Asked): Fault | undefined {
    const fault = this.waiting.find((candidate) => matches(candidate, asked));
    if (!fault) return undefined;
    this.taken++;
    fault.times--;
    if (fault.times === 0) this.waiting = this.waiting.filter((other) => other !== fault);
    return fault;
  }
}

function matches(fault: Fault, { method, endpoint, path, body }: Asked): boolean {
  if (fault.match.method && fault.match.method !== method) return false;
  if (fault.kind === 'half-batch' && endpoint !== '/tasks/batch') return false;
  if (fault.match.uid && !tasksOf(path, body).has(fault.match.uid)) return false;
  const wanted = fault.match.path?.replace(/^\/api\/v1/, '');
  if (wanted === undefined) return !endpoint.startsWith('/payments');
  if (wanted.endsWith('*')) return path.startsWith(wanted.slice(0, -1));
  return wanted === endpoint || wanted === path;
}

/** The tasks that a request reads or writes by name. Whatever a query may find is none of them. */
function tasksOf(path: string, body: unknown): Set<string> {
  const { uid, items } = Object(body) as { uid?: unknown; items?: unknown };
  const inBody = [uid, ...(Array.isArray(items) ? items.map((item) => (Object(item) as { uid?: unknown }).uid) : [])];
  const names = [/^\/tasks\/([^/]+)/.exec(path)?.[1], ...inBody];
  return new Set(names.flatMap((name) => (typeof name === 'string' ? name.toLowerCase() : [])));
}
