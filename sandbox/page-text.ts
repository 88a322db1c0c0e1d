import { html } from 'hono/html';
import type { Html } from './page-layout.js';
import type { StoredTask } from './task-shape.js';
import type { TaskStore } from './tasks.js';

export const show = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value);

export const titleOf = (task: StoredTask): string => show(task.fields.title) || task.uid;

/** The e-mail; the uid of somebody whose e-mail was never mentioned. */
export function assigneeOf(task: StoredTask, store: TaskStore): string {
  const user = task.assignee_uid ? store.users.withUid(task.assignee_uid) : undefined;
  return user?.email ?? user?.uid ?? '';
}

/** A task that nobody need look at any more cannot be late. */
export const isOverdue = (task: StoredTask, now: number): boolean =>
  task.status !== 'DONE' && !task.archived && !!task.due_at && Date.parse(task.due_at) < now;

export const badge = (task: StoredTask): Html =>
  html`<span class="badge ${task.status.toLowerCase()}">${STATUS_WORDS[task.status]}</span>
    ${task.archived ? html`<span class="badge archived">Archived</span>` : ''}`;

const STATUS_WORDS = { TODO: 'To do', STARTED: 'Started', DONE: 'Done' };

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;
const relative = new Intl.RelativeTimeFormat('en');

/** "in 2 days", with the instant itself for whoever points at it. */
export function when(iso: string | null | undefined, now: number): Html {
  if (!iso) return html`<span class="quiet">none</span>`;
  return html`<time datetime="${iso}" title="${exact(iso)}">${distance(Date.parse(iso) - now)}</time>`;
}

export const exact = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

function distance(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? [];
  return unit ? relative.format(Math.trunc(ms / size), unit) : 'now';
}
