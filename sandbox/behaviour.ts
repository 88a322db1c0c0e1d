import { z } from 'zod';

/**
 * Of what Fragment's documentation does not say, whatever a client was seen to depend on, as named switches; the rest is
 * assumed (docs/probe.md). A default is a guess, never a fact: a client that passes against every setting is more likely to
 * survive the real server.
 */
export const behaviourSchema = z.strictObject({
  duplicatePost: z.enum(['403', '409', '422', 'upsert']).default('409').describe('POST of a uid that already exists'),
  fieldsOnPatch: z.enum(['merge', 'replace']).default('merge').describe('what PATCH does with `fields`'),
  fieldsOnPut: z.enum(['merge', 'replace']).default('replace').describe('what PUT does with `fields`'),
  formDataOnPatch: z.enum(['merge', 'replace']).default('replace').describe('what PATCH does with `form_data`'),
  formDataWithoutForm: z
    .enum(['allow', '422'])
    .default('allow')
    .describe('`form_data` that the API writes to a task without `metadata_form_uid`'),
  batchAtomicity: z
    .enum(['all-or-nothing', 'stop-at-first', 'best-effort'])
    .default('all-or-nothing')
    .describe('a batch with a bad item: nothing applied, applied up to it, or 200 with only the good items'),
  batchOrder: z.enum(['same', 'shuffled']).default('same').describe('order of the items in a batch answer'),
  maxBatch: z.int().positive().default(100).describe('most items of one batch'),
  batchTooLarge: z.enum(['422', '413']).default('422').describe('answer to a batch beyond maxBatch'),
  defaultLimit: z.int().positive().default(50).describe('page size when `limit` is not sent'),
  maxLimit: z.int().positive().default(100).describe('largest page size'),
  overLimit: z.enum(['clamp', '422']).default('422').describe('a `limit` beyond maxLimit'),
  errorShape: z
    .enum(['detail', 'message', 'html', 'text', 'empty'])
    .default('detail')
    .describe('body of every error: FastAPI style, {message}, a web page, plain text, nothing'),
  retryAfter: z.boolean().default(false).describe('429 carries a Retry-After header, in seconds'),
  rateLimit: z.int().positive().default(60).describe('requests let through in any 60 s (a sliding window)'),
  burst: z.int().nonnegative().default(0).describe('requests tolerated in a window beyond rateLimit'),
  missingUserAgent: z
    .enum(['allow', '403-html'])
    .default('allow')
    .describe("a request with no User-Agent, or with an HTTP library's default one"),
  deleteStatus: z
    .union([z.literal(200), z.literal(204)])
    .default(200)
    .describe('answer to DELETE'),
  putResetsStatus: z.boolean().default(false).describe('PUT without `status` puts an existing task back to TODO'),
  reopening: z
    .enum(['allow', '422', 'ignore'])
    .default('allow')
    .describe('a status that takes a task back from DONE: set, refused, or answered with 200 and left out'),
  automaticTimestamps: z
    .boolean()
    .default(true)
    .describe('status and assignee, at creation and whenever they change, stamp started_at, done_at, assigned_at'),
  doneAtOnReopen: z
    .enum(['clear', 'keep'])
    .default('clear')
    .describe('done_at of a task that is taken back from DONE, under automaticTimestamps'),
  noopTouches: z.boolean().default(false).describe('an update that changes nothing still moves updated_at'),
  missingTitle: z.enum(['allow', '422']).default('422').describe('creating a task without fields.title'),
  unknownKeys: z.enum(['ignore', '422']).default('ignore').describe('top-level keys that a task does not have'),
  listFilters: z
    .enum(['honour', 'status-only', 'ignore', 'reject'])
    .default('honour')
    .describe('filters and order_by of GET /tasks; status-only: dates and order_by are ignored'),
  listHidesDone: z.boolean().default(false).describe('GET /tasks leaves DONE tasks out unless `status` asks for them'),
  listOrder: z
    .enum(['ascending', 'descending'])
    .default('ascending')
    .describe('direction of order_by, and of the default order'),
  listLag: z.int().nonnegative().default(0).describe('ms by which lists and queries are behind the writes'),
  query: z.enum(['honour', 'refuse', 'ignore-condition']).default('honour').describe('POST /tasks/query'),
  patchMissing: z
    .enum(['404', 'create'])
    .default('404')
    .describe('PATCH of a uid that no task has, alone or in a batch: refused, or as if it were a PUT'),
  patchUidOnly: z
    .enum(['allow', '422'])
    .default('allow')
    .describe('a PATCH (or batch item) that holds nothing but a uid'),
  nullClears: z
    .enum(['clear', '422', 'ignore'])
    .default('clear')
    .describe('null for a native field, e.g. assignee_uid'),
  unknownAssignee: z
    .enum(['accept', '422', 'ignore'])
    .default('accept')
    .describe('an assignee_email that is nobody of the account: here, any address at unknown.example'),
  cursorParam: z
    .string()
    .min(1)
    .default('cursor')
    .describe('query parameter that takes a cursor; any other is ignored'),
  lastCursor: z.enum(['null', 'absent', 'empty']).default('null').describe('next_cursor on the last page'),
  commentKey: z.string().min(1).default('content').describe("key of a comment's text"),
});

export type Behaviour = z.infer<typeof behaviourSchema>;
export type BehaviourInput = z.input<typeof behaviourSchema>;

/** Changes switches in place, so that everything that holds the object sees them. Throws a ZodError and changes nothing if one is wrong. */
export function changeBehaviour(current: Behaviour, change: object): Behaviour {
  return Object.assign(current, behaviourSchema.parse({ ...current, ...change }));
}
