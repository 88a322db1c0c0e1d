import { Hono } from 'hono';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import { sameOrigin } from './connection.js';
import { layout, type Html } from './page-layout.js';
import { show, taskPage } from './page-task.js';
import type { StoredTask } from './task-shape.js';
import type { TaskStore } from './tasks.js';

/** The longest list one step shows; more would only make the page slow. */
const SHOWN = 200;

const form = z.object({
  by: z.email('Your e-mail: not an e-mail address'),
  decision: z.string().optional(),
  note: z.string().optional(),
  reference: z.string().optional(),
});

/** The inbox: a person plays the operations team. Served as plain pages, without scripts. */
export function createPage(store: TaskStore): Hono {
  const page = new Hono();
  page.use('/tasks/*', sameOrigin);
  page.get('/', (c) => c.html(layout('Open tasks', inbox(store))));
  page.get('/tasks/:uid', (c) => answer(c, c.req.param('uid')));

  page.post('/tasks/:uid/start', (c) =>
    act(c, (uid, { by }) => {
      store.apply('PATCH', { uid, status: 'STARTED', assignee_email: by }, by);
    }),
  );
  page.post('/tasks/:uid/finish', (c) =>
    act(c, (uid, { by, ...answered }) => {
      const said = Object.entries(answered).filter(([, value]) => value);
      store.apply('PATCH', { uid, status: 'DONE', assignee_email: by, form_data: Object.fromEntries(said) }, by);
    }),
  );
  return page;

  function answer(c: Context, uid: string, error?: string): Response | Promise<Response> {
    const detail = store.detail(uid.toLowerCase());
    if (!detail)
      return c.html(layout('No such task', html`<p>There is no task ${uid}. <a href="/">All open tasks</a></p>`), 404);
    const user = detail.task.assignee_uid ? store.users.withUid(detail.task.assignee_uid) : undefined;
    const body = taskPage(detail, user?.email ?? user?.uid ?? '', error);
    return c.html(layout(titleOf(detail.task), body), error ? 422 : 200);
  }

  async function act(c: Context, work: (uid: string, sent: z.infer<typeof form>) => void): Promise<Response> {
    const uid = (c.req.param('uid') ?? '').toLowerCase();
    const task = store.get(uid);
    if (!task) return answer(c, uid);
    if (task.status === 'DONE') return answer(c, uid, 'This task was finished meanwhile; nothing was changed.');
    const sent = form.safeParse(await c.req.parseBody());
    if (!sent.success) return answer(c, uid, sent.error.issues.map((issue) => issue.message).join('; '));
    work(uid, sent.data);
    return c.redirect(`/tasks/${uid}`, 303);
  }
}

const titleOf = (task: StoredTask): string => show(task.fields.title) || task.uid;

function inbox(store: TaskStore): Html {
  const open = store.all().filter((task) => task.status !== 'DONE');
  const byStep = new Map<string, StoredTask[]>();
  for (const task of open) {
    const step = show(task.fields.step) || 'no step';
    byStep.set(step, [...(byStep.get(step) ?? []), task]);
  }
  const sections = [...byStep]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([step, tasks]) => section(store, step, tasks));
  return html`<p>${open.length} open of ${store.all().length}. <a href="/">Refresh</a></p>
    ${sections.length > 0 ? sections : html`<p class="quiet">Nothing to do.</p>`}`;
}

function section(store: TaskStore, step: string, tasks: StoredTask[]): Html {
  const rows = tasks.slice(0, SHOWN).map((task) => {
    const user = task.assignee_uid ? store.users.withUid(task.assignee_uid) : undefined;
    return html`<tr>
      <td><a href="/tasks/${task.uid}">${titleOf(task)}</a></td>
      <td>${task.status}</td>
      <td>${user?.email ?? ''}</td>
      <td>${show(task.due_at)}</td>
    </tr>`;
  });
  return html`<h2>${step} (${tasks.length})</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Status</th>
          <th scope="col">Assignee</th>
          <th scope="col">Due</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${tasks.length > SHOWN ? html`<p class="quiet">The first ${SHOWN} are shown.</p>` : ''}`;
}
