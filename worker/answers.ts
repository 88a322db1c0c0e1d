import type { ParseAnswer } from '../activities/index.js';
import { parseAnswer as parseClaimAnswer } from '../workflows/claim/schema.js';

/** The answer schemas of every process, by its name in the task's `process` field. */
const PARSERS: Record<string, (step: string, formData: unknown) => ReturnType<ParseAnswer>> = {
  claim: parseClaimAnswer,
};

/** A process without schemas learns that a task is done, and nothing of what was filled in. */
export const parseAnswer: ParseAnswer = (process, step, formData) =>
  Object.hasOwn(PARSERS, process) ? PARSERS[process]!(step, formData) : { answer: {} };
