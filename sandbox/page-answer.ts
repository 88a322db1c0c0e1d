import { html } from 'hono/html';
import type { Html } from './page-layout.js';
import { show } from './page-text.js';

interface Question {
  name: string;
  label: string;
  kind: 'choice' | 'line' | 'lines' | 'json';
  hint?: string;
  choices?: Record<string, string>;
}

export type Typed = Record<string, string>;

const DECISIONS = { approve: 'Approve', reject: 'Reject', request_info: 'Request information' };
const decision: Question = { name: 'decision', label: 'Decision', kind: 'choice', choices: DECISIONS };
const note: Question = { name: 'note', label: 'Note', kind: 'lines' };
const corrections: Question = {
  name: 'corrections',
  label: 'Corrections',
  kind: 'json',
  hint: 'What the documents say differently, as JSON: {"provider": "Example Clinic"}. Empty: nothing to correct.',
};
const reference: Question = { name: 'reference', label: 'Payment reference', kind: 'line' };

/** Fragment's forms are made in its app, and not documented. These are the sandbox's own, by step, in a claim's order. */
export const FORMS: Record<string, Question[]> = {
  data_entry: [corrections, note],
  review: [decision, note],
  approval: [decision, note],
  payment: [reference, note],
};

const WHOLE: Question = {
  name: 'form_data',
  label: 'Answer',
  kind: 'json',
  hint: 'The sandbox has no form for this step. The whole answer, as JSON: {"done": true}. Empty: no answer.',
};

const questionsOf = (step: unknown): Question[] => (typeof step === 'string' && FORMS[step]) || [WHOLE];

/** The fields of a step's form, holding what was typed, or else what the task was answered with before. */
export function answerFields(step: unknown, before: Record<string, unknown>, typed?: Typed): Html {
  const shown = (name: string): string => typed?.[name] ?? known(name, before);
  return html`${questionsOf(step).map((question) => fieldOf(question, shown(question.name)))}`;
}

/** What a person sent, as `form_data`; or what is wrong with it, in that person's words. */
export function readAnswer(step: unknown, typed: Typed): { answer: Record<string, unknown> } | { problem: string } {
  const answer: Record<string, unknown> = {};
  for (const { name, label, kind, choices } of questionsOf(step)) {
    const text = typed[name]?.trim() ?? '';
    if (choices && !Object.hasOwn(choices, text)) return { problem: `${label}: choose one.` };
    if (!text) continue;
    const value = kind === 'json' ? jsonObject(text) : text;
    if (value === undefined) return { problem: `${label}: not a JSON object. It begins with { and ends with }.` };
    if (name === WHOLE.name) return { answer: value as Record<string, unknown> };
    answer[name] = value;
  }
  return { answer };
}

/** What was typed, in words, to give it back where its form is gone. */
export const typedWords = (typed: Typed): string[] =>
  Object.entries(typed)
    .filter(([name, text]) => text.trim() && !['step', 'round'].includes(name))
    .map(([name, text]) => `${name}: ${text}`);

function known(name: string, before: Record<string, unknown>): string {
  const value = name === WHOLE.name ? before : before[name];
  if (typeof value !== 'object' || value === null) return show(value);
  return Object.keys(value).length > 0 ? JSON.stringify(value, null, 2) : '';
}

function fieldOf({ name, label, kind, hint, choices }: Question, value: string): Html {
  const described = hint ? html`aria-describedby="${name}-hint"` : '';
  if (choices) {
    return html`<fieldset>
      <legend>${label}</legend>
      ${Object.entries(choices).map(
        ([key, words]) =>
          html`<label class="choice"
            ><input type="radio" name="${name}" value="${key}" required ${key === value ? html`checked` : ''} />
            ${words}</label
          >`,
      )}
    </fieldset>`;
  }
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ''}
    ${
      kind === 'line'
        ? html`<input id="${name}" name="${name}" value="${value}" autocomplete="off" ${described} />`
        : area(name, value, kind === 'json', described)
    }
  </div>`;
}

/** A browser leaves out the line break after the opening tag, and nothing else: all that follows is the text. */
const area = (name: string, value: string, code: boolean, described: Html | string): Html =>
  html`<textarea id="${name}" name="${name}" rows="${code ? 5 : 3}" class="${code ? 'code' : ''}" ${described}>
${value}</textarea>`;

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
