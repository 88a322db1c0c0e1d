/** How a person's form becomes the answer of a step. Run at the edges, by the schemas that a process brings. */
import type { Answer } from './contract.js';

/** What is asked of a schema; an object schema of zod, of any version, is one. */
export interface FormSchema {
  /** Its keys: those of one step are cleared before a single task goes on to the next. */
  shape: object;
  safeParse(
    form: unknown,
  ): { success: true; data: object } | { success: false; error: { issues: readonly { message: string }[] } };
}

export type FormSchemas = Record<string, FormSchema>;
export type ParseForm = (step: string, formData: unknown) => { answer: Answer } | { problem: string };

/** What the kit itself understands of an answer. The rest of a form is the process's own. */
const KIT_KEYS = ['decision', 'note', 'reference', 'corrections'];
/** Answers travel in Signals and stay in the process's history: a form's worth, not a document. */
const DATA_CHARS = 10_000;

/** A task's `form_data` as the answer of its step, or what is wrong with it in words for the person who filled it in. */
export function formParser(schemas: FormSchemas): ParseForm {
  return (step, formData) => {
    if (!Object.hasOwn(schemas, step)) {
      return { problem: `The process has no step "${step}". Its steps are ${Object.keys(schemas).join(', ')}.` };
    }
    const form = formData ?? {};
    if (typeof form !== 'object' || Array.isArray(form)) {
      return { problem: 'The form has to be an object of named values, such as {"decision": "approve"}.' };
    }
    const parsed = (schemas[step] as FormSchema).safeParse(form);
    if (!parsed.success) return { problem: [...new Set(parsed.error.issues.map(({ message }) => message))].join(' ') };
    return answerOf(parsed.data);
  };
}

function answerOf(values: object): { answer: Answer } | { problem: string } {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const [known, own] = [true, false].map((kit) => given.filter(([key]) => KIT_KEYS.includes(key) === kit));
  const data = Object.fromEntries(own ?? []);
  if (JSON.stringify(data).length > DATA_CHARS) {
    return { problem: `The form is too long: ${DATA_CHARS} characters at most.` };
  }
  return { answer: { ...Object.fromEntries(known ?? []), ...(own?.length ? { data } : {}) } };
}
