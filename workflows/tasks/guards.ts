/**
 * Whoever may write to the namespace can send a process anything. What is no text where text is read would stop it for
 * good, and what is long stays in its history: plain guards, since zod stays out of workflows.
 */
import type { TaskNews } from './contract.js';

/** As the schemas of the edges have it. */
const TEXT_CHARS = 2_000;
const NAME_CHARS = 200;
const DOCUMENT_CHARS = 10_000;

const TEXTS = { note: TEXT_CHARS, reason: TEXT_CHARS };
const NAMES = ['step', 'decision', 'reference', 'by', 'emailDigest', 'channel', 'email', 'due'];
const DOCUMENTS = ['corrections', 'data'];

/** What is wrong with the argument of an Update, or undefined. */
export function verbProblem(verb: unknown): string | undefined {
  if (!isObject(verb)) return 'an object is needed, such as {"reason": "…", "by": "you@example.com"}';
  const texts = { ...Object.fromEntries(NAMES.map((name) => [name, NAME_CHARS])), ...TEXTS };
  for (const [name, most] of Object.entries(texts)) {
    const value = verb[name];
    if (value === undefined) continue;
    if (typeof value !== 'string') return `${name} has to be text`;
    if (value.length > most) return `${name} is too long: ${most} characters at most`;
  }
  for (const name of DOCUMENTS) {
    const value = verb[name];
    if (value === undefined) continue;
    if (!isObject(value)) return `${name} has to be an object`;
    if (JSON.stringify(value).length > DOCUMENT_CHARS)
      return `${name} is too long: ${DOCUMENT_CHARS} characters at most`;
  }
  return undefined;
}

/**
 * Whether a signal is news of a task, as activities make them. Of what a person has answered no more is asked than that it is
 * an object: activities read it by the process's own schemas, and an answer that is dropped here would be lost.
 */
export function isNews(news: unknown): news is TaskNews {
  if (!isObject(news)) return false;
  const { uid, status, round, answer, ...rest } = news;
  const texts = [rest.step, rest.problem, rest.assignee, rest.due, rest.doneAt, rest.emailDigest, rest.absent];
  return (
    typeof uid === 'string' &&
    typeof status === 'string' &&
    (round === undefined || typeof round === 'number') &&
    texts.every((text) => text === undefined || typeof text === 'string') &&
    (answer === undefined || isObject(answer))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
