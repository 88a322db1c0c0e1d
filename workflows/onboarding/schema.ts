/** The onboarding's shape as a zod schema, for the edges: never imported by a workflow. */
import { z } from 'zod';
import { accountSchema, idSchema, urlSchema } from '../claim/schema.js';
import type { Onboarding } from './contract.js';

/** The workflow writes these task fields itself; a value given here would be lost without a word. */
const OWN_FIELDS = ['title', 'url', 'process', 'step', 'round', 'user_id', 'workflow_id'];

export const onboardingSchema: z.ZodType<Onboarding> = z.strictObject({
  userId: idSchema,
  fields: z
    .record(
      z.string().min(1, 'must not be empty'),
      z.union([z.string().max(2_000), z.number(), z.boolean()], { error: 'must be a string, a number or a boolean' }),
      { error: 'must be an object of strings, numbers and booleans' },
    )
    .refine((fields) => OWN_FIELDS.every((name) => !Object.hasOwn(fields, name)), {
      error: `must not use the names that the process writes itself: ${OWN_FIELDS.join(', ')}`,
    }),
  title: z.string().min(1, 'must not be empty').max(200, 'must have 200 characters at most').optional(),
  url: urlSchema.optional(),
  account: accountSchema.optional(),
});
