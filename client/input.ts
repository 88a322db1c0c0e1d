import type { z } from 'zod';
import { InputError } from './errors.js';

/** @throws InputError naming each wrong field by its path, with what was given where that is short. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new InputError(parsed.error.issues.map(describeIssue));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  const place = path === '' ? '' : `${path}: `;
  if (issue.code === 'unrecognized_keys') return `${place}has no key ${issue.keys.join(', ')}`;
  return `${place}${issue.message}${got(issue.input)}`;
}

/** Only what is short and plain: an error line is no place for a person's data. */
export function got(input: unknown): string {
  if (typeof input === 'number' || typeof input === 'boolean' || input === null) return ` (got ${input})`;
  if (typeof input === 'string' && input.length <= 40) return ` (got ${JSON.stringify(input)})`;
  return '';
}
