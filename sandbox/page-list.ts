import { html } from 'hono/html';
import { z } from 'zod';
import type { Html } from './page-layout.js';
import { processOf, queues, stepName, stepOf } from './page-queues.js';
import { assigneeOf, badge, isOverdue, show, titleOf, when } from './page-text.js';
import type { StoredTask } from './task-shape.js';
import type { TaskStore } from './tasks.js';

/** Rows of one page: what a person can take in, and a browser redraws at once. */
const ROWS = 50;

const SHOWS = {
  open: 'Open',
  mine: 'Mine',
  todo: 'To do',
  started: 'Started',
  overdue: 'Overdue',
  done: 'Done',
  archived: 'Archived',
};
type Show = keyof typeof SHOWS;

const SORTS = { due: 'due_at', updated: 'updated_at' } as const;

/** A hand-made address may hold anything: what makes no sense counts as not there. */
const querySchema = z.object({
  q: z.string().trim().max(200).default('').catch(''),
  process: z.string().default('').catch(''),
  step: z.string().default('').catch(''),
  show: z
    .enum(Object.keys(SHOWS) as [Show, ...Show[]])
    .default('open')
    .catch('open'),
  sort: z.enum(['due', '-due', 'updated', '-updated']).default('due').catch('due'),
  page: z.coerce.number().int().positive().default(1).catch(1),
});

type Query = z.infer<typeof querySchema>;

/** The list of tasks: queues at the side, a search, one page of rows. */
export function listPage(
  store: TaskStore,
  sent: Record<string, string>,
  person: string,
): { title: string; body: Html } {
  const query = querySchema.parse(sent);
  const now = store.now();
  const all = store.all();
  const found = all.filter((task) => inQueue(task, query) && matches(task, query.q, store));
  const tests = testsOf(person, store, now);
  const rows = sorted(found.filter(tests[query.show]), query.sort);
  const last = Math.max(1, Math.ceil(rows.length / ROWS));
  const page = Math.min(query.page, last);
  const shown = rows.slice((page - 1) * ROWS, page * ROWS);
  const place = query.step ? stepName(query.step) : query.process === '-' ? 'No process' : query.process;
  const title = place ? `Tasks: ${place}` : 'Tasks';
  return {
    title,
    body: html`<div class="with-side">
      ${queues(all, query, now)}
      <div>
        ${search(query)}
        <nav class="shows" id="shows" aria-label="Which tasks" data-live>
          ${Object.entries(SHOWS).map(([key, label]) => {
            const current = key === query.show ? html`aria-current="page"` : '';
            const to = link(query, { show: key as Show, page: 1 });
            return html`<a id="show-${key}" href="${to}" ${current}
              >${label} <span class="count">${found.filter(tests[key as Show]).length}</span></a
            > `;
          })}
        </nav>
        <div id="rows" data-live>
          ${shown.length > 0 ? table(shown, query, store) : html`<p class="nothing">${nothing(query, all.length)}</p>`}
          ${last > 1 ? pager(query, page, last, rows.length) : ''}
        </div>
      </div>
    </div>`,
  };
}

const inQueue = (task: StoredTask, { process, step }: Query): boolean =>
  (!process || processOf(task) === process) && (!step || stepOf(task) === step);

/** Every word has to occur somewhere: in the title, any other field, the answer, the uid, or the assignee's address. */
function matches(task: StoredTask, q: string, store: TaskStore): boolean {
  if (!q) return true;
  const values = [...Object.values(task.fields), task.form_data, task.uid, assigneeOf(task, store)];
  const text = values.map(show).join('\n').toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function testsOf(person: string, store: TaskStore, now: number): Record<Show, (task: StoredTask) => boolean> {
  const open = (task: StoredTask): boolean => task.status !== 'DONE' && !task.archived;
  return {
    open,
    mine: (task) => open(task) && assigneeOf(task, store).toLowerCase() === person.toLowerCase(),
    todo: (task) => open(task) && task.status === 'TODO',
    started: (task) => open(task) && task.status === 'STARTED',
    overdue: (task) => isOverdue(task, now),
    done: (task) => task.status === 'DONE' && !task.archived,
    archived: (task) => Boolean(task.archived),
  };
}

function sorted(tasks: StoredTask[], sort: Query['sort']): StoredTask[] {
  const key = SORTS[sort.replace('-', '') as keyof typeof SORTS];
  const sign = sort.startsWith('-') ? -1 : 1;
  // ISO dates in UTC sort as text; a task without a date stands last either way.
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return tasks.toSorted((a, b) => {
    const [x, y] = [a[key], b[key]];
    if (!x || !y) return Number(!x) - Number(!y);
    return sign * compare(x, y) || compare(a.uid, b.uid);
  });
}

function link(query: Query, change: Partial<Query>): string {
  const wanted = { ...query, ...change };
  const usual: Partial<Query> = { q: '', process: '', step: '', show: 'open', sort: 'due', page: 1 };
  const said = Object.entries(wanted).filter(([key, value]) => value !== usual[key as keyof Query]);
  return `/?${new URLSearchParams(said.map(([key, value]): [string, string] => [key, String(value)])).toString()}`;
}

const search = (query: Query): Html => html`
  <form class="search" role="search" method="get" action="/">
    ${(['process', 'step', 'show', 'sort'] as const).map((key) =>
      query[key] ? html`<input type="hidden" name="${key}" value="${query[key]}" />` : '',
    )}
    <label class="unseen" for="q">Search the titles and all fields</label>
    <input id="q" name="q" type="search" value="${query.q}" placeholder="Title, any field, uid, e-mail" />
    <button>Search</button>
    ${query.q ? html`<a href="${link(query, { q: '', page: 1 })}">Clear</a>` : ''}
  </form>
`;

const nothing = (query: Query, total: number): string =>
  query.q
    ? `No task here matches "${query.q}".`
    : total === 0
      ? 'No tasks yet. They appear as soon as a process, or anybody else, creates them through the API.'
      : 'Nothing here.';

function table(tasks: StoredTask[], query: Query, store: TaskStore): Html {
  const now = store.now();
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">Task</th>
        <th scope="col">Step</th>
        <th scope="col">Status</th>
        <th scope="col">Assignee</th>
        ${heading(query, 'due', 'Due')} ${heading(query, 'updated', 'Updated')}
      </tr>
    </thead>
    <tbody>
      ${tasks.map(
        (task) =>
          html`<tr>
            <td><a id="task-${task.uid}" href="/tasks/${task.uid}">${titleOf(task)}</a></td>
            <td data-label="Step">${stepName(stepOf(task))}</td>
            <td data-label="Status">${badge(task)}</td>
            <td data-label="Assignee">${assigneeOf(task, store) || html`<span class="quiet">nobody</span>`}</td>
            <td data-label="Due" class="${isOverdue(task, now) ? 'late' : ''}">${when(task.due_at, now)}</td>
            <td data-label="Updated">${when(task.updated_at, now)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function heading(query: Query, key: 'due' | 'updated', label: string): Html {
  const up = query.sort === key;
  const down = query.sort === `-${key}`;
  const sort = up ? html`aria-sort="ascending"` : down ? html`aria-sort="descending"` : '';
  return html`<th scope="col" ${sort}>
    <a id="sort-${key}" href="${link(query, { sort: up ? `-${key}` : key, page: 1 })}"
      >${label}<span aria-hidden="true"> ${up ? '↑' : down ? '↓' : '↕'}</span></a
    >
  </th>`;
}

const pager = (query: Query, page: number, last: number, total: number): Html => html`
  <nav class="pager" aria-label="Pages of the list">
    ${page > 1 ? html`<a id="previous" href="${link(query, { page: page - 1 })}">Previous</a>` : ''}
    <span>${(page - 1) * ROWS + 1}–${Math.min(page * ROWS, total)} of ${total}</span>
    ${page < last ? html`<a id="next" href="${link(query, { page: page + 1 })}">Next</a>` : ''}
  </nav>
`;
