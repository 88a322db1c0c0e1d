/** What a person may answer in a task of a claim. Problems are sentences for that person: they become task comments. */
import { z } from 'zod';
import type { Answer } from '../tasks/contract.js';
import { formParser } from '../tasks/form.js';
import type { ClaimStep } from './contract.js';

const NOTE_CHARS = 2_000;
const REFERENCE_CHARS = 200;
/** Corrections travel in Signals and stay in the process's history: a form's worth, not a document. */
const CORRECTIONS_CHARS = 10_000;

const DECISIONS = ['approve', 'reject', 'request_info'] as const;
const CHOOSE = 'Choose a decision: approve, reject or request_info.';

const decision = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim() : value),
  z.enum(DECISIONS, { error: CHOOSE }),
);
const note = text('note', NOTE_CHARS);
const reference = text('reference', REFERENCE_CHARS);
const corrections = z.preprocess(
  nullAsAbsent,
  z
    .record(z.string(), z.unknown(), { error: 'The corrections have to be an object: {"field": "value"}.' })
    .refine((value) => JSON.stringify(value).length <= CORRECTIONS_CHARS, {
      error: `The corrections are too long: ${CORRECTIONS_CHARS} characters at most.`,
    })
    .optional(),
);

export const answerSchemas = {
  data_entry: z.object({ note, corrections }),
  review: z.object({ decision, note }),
  approval: z.object({ decision, note }),
  payment: z.object({ note, reference }),
} satisfies Record<ClaimStep, z.ZodType<Answer>>;

/** A task's `form_data` as the answer of its step, or what is wrong with it in words for the person who filled it in. */
export const parseAnswer = formParser(answerSchemas);

export function isClaimStep(step: string): step is ClaimStep {
  return Object.hasOwn(answerSchemas, step);
}

/** Too long a text is cut, not refused: the decision beside it should not fail over it. */
function text(name: string, chars: number) {
  return z.preprocess(
    nullAsAbsent,
    z
      .string({ error: `The ${name} has to be text.` })
      .transform((value) => cut(value.trim(), chars) || undefined)
      .optional(),
  );
}

function cut(value: string, chars: number): string {
  // Half of a surrogate pair at the cut would no longer be a character.
  return value.slice(0, chars).replace(/[\uD800-\uDBFF]$/, '');
}

function nullAsAbsent(value: unknown): unknown {
  return value ?? undefined;
}
