/** The claim's shapes as zod schemas, for the edges: never imported by a workflow. */
import { msToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import type { ChangeDue, CompleteStep, OperatorVerb, Reassign } from '../tasks/contract.js';
import { answerSchemas, isClaimStep, parseAnswer } from './answer-schema.js';
import type { Claim, ClaimPolicy, ClaimStep } from './contract.js';

export { answerSchemas, parseAnswer } from './answer-schema.js';

const STEPS = Object.keys(answerSchemas) as [ClaimStep, ...ClaimStep[]];
const DATE = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** It becomes part of the workflow id and, between `#`, of the recipe for task uids. */
export const idSchema = z
  .string({ error: (issue) => (issue.input === undefined ? 'is missing' : 'must be a string') })
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most')
  .regex(/^[^\s\p{C}#]*$/u, 'must not contain spaces, control characters or #');

/** Part of queue names and workflow ids. `lease...` would meet the lease's queues, `default` the account without a name. */
export const accountSchema = z
  .string('must be a string')
  .regex(
    /^(?!lease|default$)[a-z0-9]+(-[a-z0-9]+)*$/,
    'is no account name: lower-case letters, digits and single dashes, not lease... or default',
  );

const amountSchema = z
  .number({ error: (issue) => (issue.input === undefined ? 'is missing' : 'must be a number') })
  .refine((amount) => Number.isSafeInteger(amount), 'must be a whole number of minor units: 910.54 USD is 91054')
  .refine((amount) => amount > 0, 'must be greater than 0');

const currencySchema = z
  .string({ error: (issue) => (issue.input === undefined ? 'is missing' : 'must be a string') })
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code of three upper-case letters, such as USD');

const shortText = z.string('must be a string').min(1, 'must not be empty').max(500, 'must have 500 characters at most');

export const urlSchema = shortText.refine(isWebAddress, 'must be an http or https address');

export const claimSchema: z.ZodType<Claim> = z.strictObject(
  {
    id: idSchema,
    total: z.strictObject({ amount: amountSchema, currency: currencySchema }, { error: objectError }),
    type: shortText.optional(),
    priority: shortText.optional(),
    created: z
      .string('must be a string')
      .regex(DATE, 'must be a date such as 2026-03-01 or 2026-03-01T09:30:00Z')
      .optional(),
    patient: shortText.optional(),
    provider: shortText.optional(),
    url: urlSchema.optional(),
  },
  { error: objectError },
);

const durationSchema = z.union([z.string(), z.number()]).refine(isDuration, {
  error: 'must be a duration above zero, such as "2 days" or milliseconds',
});

/** Whom Fragment knows by that address gets the task. */
const emailSchema = z.email('must be an e-mail address').max(200, 'must have 200 characters at most');

const deadlineSchema = z.strictObject({
  due: durationSchema,
  remindBefore: durationSchema.optional(),
  escalateAfter: durationSchema.optional(),
  escalateTo: emailSchema.optional(),
});

const timeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00');
const spanSchema = z
  .tuple([timeSchema, timeSchema])
  .refine(([from, to]) => from < to, 'must end after it begins (split a night at 24:00)');
export const hoursSchema = z.partialRecord(z.enum(['0', '1', '2', '3', '4', '5', '6']), z.array(spanSchema));
export const holidaysSchema = z.array(z.iso.date('must be a date such as 2026-12-25'));

/** As the client's `calendar` makes it. */
const calendarSchema = z.strictObject({
  hours: hoursSchema,
  holidays: holidaysSchema.optional(),
  offsets: z.array(z.strictObject({ from: z.iso.datetime(), minutes: z.number() })),
});

export const policySchema = z.strictObject({
  approvalFrom: z.int('must be a whole number of minor units').min(0, 'must not be negative'),
  fourEyes: z.enum(['verifiable', 'strict']),
  deadlines: z.strictObject({
    data_entry: deadlineSchema,
    review: deadlineSchema,
    approval: deadlineSchema,
    payment: deadlineSchema,
  }),
  calendar: calendarSchema.optional(),
  allowList: z.array(z.enum(['id', 'total', 'type', 'priority', 'created', 'patient', 'provider', 'url'])),
  taskUrl: z.string().includes('{uid}', 'must contain {uid}').optional(),
}) as unknown as z.ZodType<ClaimPolicy>; // zod knows a duration as a string; Temporal's type is narrower.

const byLine = z
  .string('must be a string')
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most');
const reason = z
  .string({ error: (issue) => (issue.input === undefined ? 'is missing' : 'must be a string') })
  .trim()
  .min(1, 'must not be empty')
  .max(2_000, 'must have 2000 characters at most');

/** How the caller wants its way in to be called in the audit trail: `cli`, `api`, `backoffice`. */
const channel = z
  .string('must be a string')
  .regex(/^[\w.-]{1,40}$/, 'must be one word of 40 characters at most')
  .optional();
const verb = { by: byLine.optional(), channel };

export const operatorVerbSchema: z.ZodType<OperatorVerb> = z.strictObject({ reason, ...verb });
export const retrySchema: z.ZodType<Partial<OperatorVerb>> = z.strictObject({ reason: reason.optional(), ...verb });
export const reassignSchema: z.ZodType<Reassign> = z.strictObject({
  email: emailSchema,
  reason,
  ...verb,
});
export const changeDueSchema: z.ZodType<ChangeDue> = z.strictObject({
  due: z.iso
    .datetime({ offset: true, error: 'must be an instant such as 2026-03-01T17:00:00Z' })
    .refine((due) => Date.parse(due) > Date.now(), 'must be in the future'),
  reason,
  ...verb,
});
/** Makes a verb that is sent again the same one. Temporal keeps it, so it is no place for people's data. */
export const requestIdSchema = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most');

/** The arguments of `completeStep`: which step, and an answer by the same rules that a person's form obeys. */
export const completeStepSchema: z.ZodType<CompleteStep> = z
  .strictObject({
    step: z.enum(STEPS, { error: `must be one of ${STEPS.join(', ')}` }),
    decision: z.string().optional(),
    note: z.string().optional(),
    reference: z.string().optional(),
    corrections: z.record(z.string(), z.unknown()).optional(),
    ...verb,
  })
  .transform(({ step, by, channel: way, ...form }, context) => {
    const parsed = isClaimStep(step) ? parseAnswer(step, form) : { problem: 'unknown step' };
    if ('problem' in parsed) {
      context.addIssue({ code: 'custom', message: parsed.problem, input: form });
      return z.NEVER;
    }
    const who = { ...(by === undefined ? {} : { by }), ...(way === undefined ? {} : { channel: way }) };
    return { step, ...parsed.answer, ...who };
  });

function objectError(issue: { code?: string; input?: unknown }): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'is missing' : 'must be an object';
}

function isWebAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isDuration(value: string | number): boolean {
  try {
    return msToNumber(value as Parameters<typeof msToNumber>[0]) > 0;
  } catch {
    return false;
  }
}
