/** The onboarding's shape as a zod schema, for the edges: never imported by a workflow. */
import { z } from 'zod';
import { accountSchema, idSchema, urlSchema } from '../claim/schema.js';
import type { Onboarding, OneTask, SeveralTasks } from './contract.js';

/** The workflow writes these task fields itself; a value given here would be lost without a word. */
const OWN_FIELDS = ['title', 'url', 'process', 'step', 'round', 'user_id', 'workflow_id'];

/** They travel in one activity; Temporal takes 2 MB. */
const MOST_TASKS = 500;

const fieldsSchema = z
  .record(
    z.string().min(1, 'must not be empty'),
    z.union([z.string().max(2_000), z.number(), z.boolean()], { error: 'must be a string, a number or a boolean' }),
    { error: 'must be an object of strings, numbers and booleans' },
  )
  .refine((fields) => OWN_FIELDS.every((name) => !Object.hasOwn(fields, name)), {
    error: `must not use the names that the process writes itself: ${OWN_FIELDS.join(', ')}`,
  });
const titleSchema = z
  .string({ error: (issue) => (issue.input === undefined ? 'is missing' : 'must be a string') })
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most');

const oneTaskSchema: z.ZodType<OneTask> = z.strictObject({
  userId: idSchema,
  fields: fieldsSchema,
  title: titleSchema.optional(),
  url: urlSchema.optional(),
  account: accountSchema.optional(),
});

const severalTasksSchema: z.ZodType<SeveralTasks> = z.strictObject({
  userId: idSchema,
  tasks: z
    .array(
      z.strictObject({
        key: idSchema,
        title: titleSchema,
        fields: fieldsSchema.optional(),
        url: urlSchema.optional(),
      }),
      'must be a list of tasks',
    )
    .max(MOST_TASKS, `must have ${MOST_TASKS} tasks at most`),
  account: accountSchema.optional(),
});

/** The schema of what was given: a list of tasks, or the single form. */
export function onboardingSchema(given: unknown): z.ZodType<Onboarding> {
  return typeof given === 'object' && given !== null && 'tasks' in given ? severalTasksSchema : oneTaskSchema;
}
