import { createHash } from 'node:crypto';
import type { Task } from '../fragment/schema.js';

/** A person's answer as the process's schema reads it, or what is wrong with it, in words for that person. */
export type ParsedAnswer = { answer: Answer } | { problem: string };
export interface Answer {
  decision?: string;
  note?: string;
  reference?: string;
  corrections?: Record<string, unknown>;
  data?: Record<string, unknown>;
}
/** The worker hands in the schemas of all its processes. */
export type ParseAnswer = (process: string, step: string, formData: unknown) => ParsedAnswer;

/** What a process needs to know of a task; the rest of the task stays out of Temporal's history. */
export interface TaskNews {
  uid: string;
  status: string;
  step?: string;
  round?: number;
  answer?: Answer;
  problem?: string;
  assignee?: string;
  /** As Fragment says it, of a task that is not done; people may move it. */
  due?: string;
  /** Which completion this is, as far as Fragment says; told where the process itself has read the task. */
  doneAt?: string;
  /** Tells whether a person named by e-mail is this one, without the address itself getting into history. */
  emailDigest?: string;
  /** Nobody sees an archived task in a list of what there is to do. Archived once it was done, it is done. */
  absent?: 'deleted' | 'archived';
}

export function taskNews(task: Task, parseAnswer: ParseAnswer, as?: { process: string; step: string }): TaskNews {
  const fields = task.fields ?? {};
  const step = as?.step ?? text(fields.step);
  const process = as?.process ?? text(fields.process);
  const status = task.status ?? 'TODO';
  const email = task.assignee?.email;
  return {
    uid: task.uid,
    status,
    step: text(fields.step),
    round: Number(fields.round) || undefined,
    assignee: task.assignee_uid ?? task.assignee?.uid ?? undefined,
    ...(status !== 'DONE' && task.due_at ? { due: task.due_at } : {}),
    ...(status === 'DONE' && as && task.done_at ? { doneAt: task.done_at } : {}),
    ...(status === 'DONE' && email ? { emailDigest: emailDigest(email) } : {}),
    ...(task.archived && status !== 'DONE' ? { absent: 'archived' as const } : {}),
    ...(status === 'DONE' && step && process ? parseAnswer(process, step, task.form_data) : {}),
  };
}

/** The same digest that the client room makes of a backend's `by`. */
export function emailDigest(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 16);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
