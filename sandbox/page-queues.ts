import { html } from 'hono/html';
import { FORMS } from './page-answer.js';
import type { Html } from './page-layout.js';
import { isOverdue, show } from './page-text.js';
import type { StoredTask } from './task-shape.js';

/** Stands for a task that names no process, or no step. */
export const NONE = '-';

export const processOf = (task: StoredTask): string => show(task.fields.process) || NONE;
export const stepOf = (task: StoredTask): string => show(task.fields.step) || NONE;

interface Queue {
  process: string;
  step: string;
  open: number;
  overdue: number;
}

/** The queues as the tasks' own `process` and `step` make them, with what is open in each. */
export function queues(tasks: StoredTask[], chosen: { process: string; step: string }, now: number): Html {
  const all = counted(tasks, now);
  const processes = [...new Set(all.map((queue) => queue.process))].toSorted();
  const current = (process: string, step: string): Html =>
    chosen.process === process && chosen.step === step ? html`aria-current="page"` : html``;
  return html`<nav class="queues" id="queues" aria-label="Queues" data-live>
    <ul>
      <li><a id="queue-all" href="/" ${current('', '')}>All queues ${count(sum(all))}</a></li>
    </ul>
    ${processes.map((process) => {
      const own = all.filter((queue) => queue.process === process);
      return html`<ul>
        <li>
          <a
            id="queue-${process}"
            class="process"
            href="/?process=${encodeURIComponent(process)}"
            ${current(process, '')}
            >${process === NONE ? 'no process' : process} ${count(sum(own))}</a
          >
        </li>
        ${own.map(
          (queue) =>
            html`<li>
              <a
                id="queue-${process}-${queue.step}"
                href="${queueAddress(process, queue.step)}"
                ${current(process, queue.step)}
                >${stepName(queue.step)} ${count(queue)}</a
              >
            </li>`,
        )}
      </ul>`;
    })}
  </nav>`;
}

/** The list of one step's tasks. */
export const queueAddress = (process: string, step: string): string =>
  `/?process=${encodeURIComponent(process)}&step=${encodeURIComponent(step)}`;

export const stepName = (step: string): string => (step === NONE ? 'no step' : step.replaceAll('_', ' '));

const count = ({ open, overdue }: Pick<Queue, 'open' | 'overdue'>): Html =>
  html`<span class="counts"
    ><span class="count">${open}<span class="unseen"> open</span></span> ${
      overdue > 0 ? html`<span class="late">${overdue} overdue</span>` : ''
    }</span
  >`;

const sum = (list: Queue[]): Pick<Queue, 'open' | 'overdue'> => ({
  open: list.reduce((total, { open }) => total + open, 0),
  overdue: list.reduce((total, { overdue }) => total + overdue, 0),
});

function counted(tasks: StoredTask[], now: number): Queue[] {
  const found = new Map<string, Queue>();
  for (const task of tasks) {
    const [process, step] = [processOf(task), stepOf(task)];
    const key = JSON.stringify([process, step]);
    const queue = found.get(key) ?? { process, step, open: 0, overdue: 0 };
    found.set(key, queue);
    if (task.status !== 'DONE' && !task.archived) queue.open++;
    if (isOverdue(task, now)) queue.overdue++;
  }
  return [...found.values()].toSorted((a, b) => rank(a.step) - rank(b.step) || a.step.localeCompare(b.step));
}

/** Steps with a form of their own stand in the order in which a claim goes through them. */
function rank(step: string): number {
  const place = Object.keys(FORMS).indexOf(step);
  return place < 0 ? 1_000 : place;
}
