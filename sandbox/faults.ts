import { z } from 'zod';

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().toUpperCase().optional(),
      path: z
        .string()
        .optional()
        .describe('endpoint (/tasks/batch, /tasks/:uid, /payments) or path; a trailing * matches any rest'),
    })
    .default({}),
  times: z.int().positive().default(1),
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

/** `times` of a fault that stays until the faults are cleared. */
export const UNTIL_CLEARED = Number.MAX_SAFE_INTEGER;

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

  take(method: string, endpoint: string, path: string): Fault | undefined {
    const fault = this.waiting.find((candidate) => matches(candidate, method, endpoint, path));
    if (!fault) return undefined;
    this.taken++;
    fault.times--;
    if (fault.times === 0) this.waiting = this.waiting.filter((other) => other !== fault);
    return fault;
  }
}

function matches(fault: Fault, method: string, endpoint: string, path: string): boolean {
  if (fault.match.method && fault.match.method !== method) return false;
  if (fault.kind === 'half-batch' && endpoint !== '/tasks/batch') return false;
  const wanted = fault.match.path?.replace(/^\/api\/v1/, '');
  if (wanted === undefined) return !endpoint.startsWith('/payments');
  if (wanted.endsWith('*')) return path.startsWith(wanted.slice(0, -1));
  return wanted === endpoint || wanted === path;
}
