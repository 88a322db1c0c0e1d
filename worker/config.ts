import { z } from 'zod';
import { parsePayloadKeys } from '../codec/keys.js';
import { AccountError, accountNamesSchema, readAccounts, type FragmentAccount } from './accounts.js';
import { webAddress } from './web-address.js';

const blankIsAbsent = (value: unknown) => (value === '' ? undefined : value);
const text = z.preprocess(blankIsAbsent, z.string().optional());
const url = z.preprocess(blankIsAbsent, webAddress.optional());
const count = (min: number, value: number) =>
  z.preprocess(blankIsAbsent, z.coerce.number().int().min(min).default(value));
const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean)
      : value,
  z.array(z.string()).default([]),
);
const header = (name: string) =>
  z.preprocess(
    blankIsAbsent,
    z
      .string()
      .regex(/^[\w-]+$/)
      .toLowerCase()
      .default(name),
  );

/** Every variable that the processes read, beside those of TEMPORAL_* that @temporalio/envconfig reads. */
export const configSchema = z.object({
  FRAGMENT_API_URL: url
    .pipe(z.string().default('https://api.onfragment.com/api/v1'))
    .describe("Fragment's API, with the version in it"),
  FRAGMENT_API_TOKEN: text.describe('token of the Fragment account (app: Settings > Developers)'),
  FRAGMENT_USER_AGENT: text
    .pipe(z.string().default('fragment-flows/0.1'))
    .describe('names the application to Fragment, which may block requests that do not'),
  FRAGMENT_REQUESTS_PER_MINUTE: count(2, 60).describe("the account's limit; all workers of an account share it"),
  FRAGMENT_MAX_BATCH: count(1, 100).describe('tasks in one batch request; Fragment documents no maximum'),
  FRAGMENT_CURSOR_PARAM: text.pipe(z.string().default('cursor')).describe("the list's cursor parameter (undocumented)"),
  FRAGMENT_COMMENT_KEY: text.pipe(z.string().default('content')).describe("key of a comment's text (undocumented)"),
  FRAGMENT_PUT_RESETS_STATUS: z
    .preprocess(blankIsAbsent, z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false))
    .describe(
      'true where a PUT without a status opens a finished task again (undocumented): each creation is then looked at first',
    ),
  FRAGMENT_ACCOUNTS: accountNamesSchema.describe(
    'further accounts, by names of your choice: `acme,globex`; each reads FRAGMENT_API_TOKEN_ACME and, where it differs from the above, ' +
      'FRAGMENT_API_URL_ACME, FRAGMENT_REQUESTS_PER_MINUTE_ACME, FRAGMENT_MAX_BATCH_ACME',
  ),
  PAYMENTS_URL: url.describe('the payment provider; without it, payment is a step that a person does'),
  PAYMENTS_TOKEN: text.describe("the payment provider's bearer token"),
  // Blank is not absent here: a secret that did not arrive would mean histories that anybody reads.
  PAYLOAD_KEYS: z
    .string()
    .optional()
    .superRefine((keys, context) => {
      try {
        if (keys !== undefined) parsePayloadKeys(keys);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .describe(
      'id:base64 of 32 bytes, comma-separated: the first encrypts what Temporal keeps, all decrypt; without it, nothing is encrypted',
    ),
  CODEC_TOKEN: text.describe('asked of whoever wants the codec server to decrypt (flows codec serve)'),
  TEMPORAL_DEPLOYMENT_NAME: text
    // What Temporal's server refuses, and only when the worker polls.
    .refine(
      (name) => name === undefined || /^(?!__)[^.:]+$/.test(name),
      'must hold no full stop and no colon, and not begin with two underscores',
    )
    .describe('Worker Deployment of the workers for processes (docs/upgrade.md); without it, they are unversioned'),
  TEMPORAL_WORKER_BUILD_ID: text.describe(
    'the version in that deployment: another one wherever workflow code is another one, 0.2.0 or a commit',
  ),
  HEALTH_PORT: z
    .preprocess(blankIsAbsent, z.coerce.number().int().min(0).max(65_535).optional())
    .describe('a worker answers /livez and /readyz here; without it, nowhere'),
  METRICS_PORT: z
    .preprocess(blankIsAbsent, z.coerce.number().int().min(1).max(65_535).optional())
    .describe("a worker serves /metrics here for Prometheus, its own figures and the SDK's; without it, nowhere"),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.describe(
    'traces are sent to the OpenTelemetry collector here (OTLP over HTTP), such as http://localhost:4318; without it, nowhere. ' +
      'OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS and their like are read as the OpenTelemetry SDK reads them',
  ),
  WEBHOOK_SECRET: list.describe(
    'what the webhook sender knows, in the path or in WEBHOOK_SECRET_HEADER; several, comma-separated, while it is changed',
  ),
  WEBHOOK_HMAC_KEY: list.describe(
    'if the sender signs `<timestamp>.<body>` by HMAC-SHA256: its key; several, comma-separated, while it is changed',
  ),
  WEBHOOK_SECRET_HEADER: header('x-webhook-secret').describe("header of the webhook's secret (undocumented)"),
  WEBHOOK_SIGNATURE_HEADER: header('x-signature').describe("header of the webhook's signature (undocumented)"),
  WEBHOOK_TIMESTAMP_HEADER: header('x-timestamp').describe("header of the signature's timestamp (undocumented)"),
  LOG_LEVEL: z
    .preprocess(blankIsAbsent, z.enum(['debug', 'info', 'warn', 'error']).default('info'))
    .describe('debug, info, warn or error; logs are JSON lines on standard error'),
});

export type Config = z.infer<typeof configSchema> & { accounts: FragmentAccount[] };
export type ConfigVariable = keyof typeof configSchema.shape;

/** What is wrong with the environment, a line for each variable; never with a value, which may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(problems: readonly string[]) {
    const [only] = problems;
    super(`the environment cannot be used:${problems.length === 1 ? ` ${only}` : `\n  ${problems.join('\n  ')}`}`);
  }
}

/** @throws ConfigError that names every variable that is wrong, and each of `needs` that is missing. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, needs: readonly ConfigVariable[] = []): Config {
  const parsed = configSchema.safeParse(env);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => `${meaning(issue.path[0])}: ${issue.message}`);
  const missing = needs.filter((name) => !env[name]).map((name) => `${meaning(name)}: is not set`);
  const halves = halfOfAVersion(env);
  if (parsed.success && missing.length + halves.length === 0) {
    return { ...parsed.data, accounts: accountsOf(parsed.data, env) };
  }
  throw new ConfigError([...wrong, ...missing, ...halves]);
}

/** One of the two alone is a worker that somebody believes to be versioned. */
function halfOfAVersion(env: NodeJS.ProcessEnv): string[] {
  const pair = ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'] as const;
  const [absent, ...more] = pair.filter((name) => !env[name]);
  return absent && more.length === 0 ? [`${meaning(absent)}: is not set, and the other half of a version is`] : [];
}

function accountsOf(variables: z.infer<typeof configSchema>, env: NodeJS.ProcessEnv): FragmentAccount[] {
  try {
    return readAccounts(variables, env);
  } catch (error) {
    throw error instanceof AccountError ? new ConfigError(error.problems) : error;
  }
}

function meaning(name: PropertyKey | undefined): string {
  const schema = configSchema.shape[name as ConfigVariable] as z.ZodType | undefined;
  return `${String(name)} (${schema?.description ?? 'unknown'})`;
}
