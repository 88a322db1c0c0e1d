import { Hono, type Context } from 'hono';
import { html } from 'hono/html';
import type { Behaviour } from './behaviour.js';
import { sameOrigin } from './connection.js';
import type { Faults } from './faults.js';
import type { Counter } from './limiter.js';
import { ACTIONS, NotDone } from './page-actions.js';
import { type Typed, typedWords } from './page-answer.js';
import { Versions } from './page-events.js';
import { faultsPage, outage, takeAway } from './page-faults.js';
import { layout, type Frame } from './page-layout.js';
import { listPage } from './page-list.js';
import { becomePerson, personOf, personPage } from './page-person.js';
import { script } from './page-script.js';
import { style } from './page-style.js';
import { taskPage } from './page-task.js';
import { titleOf } from './page-text.js';
import type { TaskStore } from './tasks.js';
import { PEOPLE } from './team.js';

export interface PageOptions {
  store: TaskStore;
  behaviour: Behaviour;
  faults: Faults;
  counter: Counter;
  /** Where the workflows of a namespace are to be seen; asked anew for each page. */
  temporalUi: () => string | undefined;
}

/** What an action leaves to be said on the task's page. */
interface After {
  status?: 409 | 422;
  error?: string;
  said?: string | undefined;
  typed?: Typed;
}

type Drawn = Pick<Frame, 'title' | 'body' | 'path' | 'watch' | 'error' | 'said'>;

/** Whatever a task holds: no script but ours, nothing from elsewhere, no form that leads away. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The inbox: a person plays the operations team. Plain pages and forms; a small script keeps them current. */
export function createPage({ store, behaviour, faults, counter, temporalUi }: PageOptions): Hono {
  const page = new Hono();
  const versions = new Versions(store, faults, counter);
  page.use(sameOrigin, async (c, next) => {
    await next();
    c.header('content-security-policy', POLICY);
    c.header('cache-control', 'no-store');
  });

  page.get('/', (c) => draw(c, { ...listPage(store, c.req.query(), personOf(c)), path: listPath(c), watch: 'tasks' }));
  page.get('/tasks/:uid', (c) => drawTask(c));
  page.post('/tasks/:uid/:action', async (c) => {
    const action = c.req.param('action');
    // Read before the task is looked at: while a body arrives, others change it.
    const typed = await sentBy(c);
    const task = store.get(uidOf(c));
    const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (!task || !known) return drawTask(c);
    try {
      known.act({ store, task, by: personOf(c), typed });
    } catch (error) {
      if (!(error instanceof NotDone)) throw error;
      return drawTask(c, { status: error.status, error: error.message, typed });
    }
    // Start and Pause stand in the answer's form: what has been typed in it stays. A redirect could not carry it.
    if (['start', 'pause'].includes(action) && typedWords(typed).length > 0)
      return drawTask(c, { said: known.said, typed });
    return c.redirect(`${store.get(task.uid) ? `/tasks/${task.uid}` : '/'}?said=${action}`, 303);
  });
  page.get('/tasks/:uid/:action', (c) => c.redirect(`/tasks/${uidOf(c)}`));

  page.get('/faults', (c) => drawFaults(c));
  page.post('/faults', async (c) => {
    const problem = takeAway(faults, await sentBy(c));
    return problem ? drawFaults(c, problem) : c.redirect('/faults', 303);
  });
  page.post('/faults/clear', (c) => {
    faults.clear();
    return c.redirect('/faults', 303);
  });

  page.get('/person', (c) => drawPerson(c, c.req.query('back') ?? '/'));
  page.post('/person', async (c) => {
    const { person = '', back = '/' } = await sentBy(c);
    return becomePerson(c, person, back) ?? drawPerson(c, back, `"${person}" is not an e-mail address.`);
  });

  page.get('/events', (c) => versions.stream(c));
  page.get('/inbox.js', (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  page.get('/inbox.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }));
  return page;

  function draw(c: Context, drawn: Drawn, status: 200 | 404 | 409 | 422 = 200): Response | Promise<Response> {
    const said = drawn.error ? undefined : (drawn.said ?? ACTIONS[c.req.query('said') ?? '']?.said);
    const state = { faults: outage(faults), version: versions.of(drawn.watch) };
    return c.html(layout({ ...drawn, ...state, said, person: personOf(c), people: PEOPLE }), status);
  }

  function drawTask(c: Context, after: After = {}): Response | Promise<Response> {
    const uid = uidOf(c);
    const detail = store.detail(uid);
    const frame = { path: `/tasks/${uid}`, watch: uid };
    if (!detail) {
      const body = html`<p>There is no task ${uid}: it was never created, or is deleted. <a href="/">All tasks</a></p>`;
      return draw(c, { ...frame, title: 'No such task', body }, 404);
    }
    const { status, error, said, typed } = after;
    const body = taskPage(detail, store, { person: personOf(c), temporalUi: temporalUi(), typed });
    return draw(c, { ...frame, title: titleOf(detail.task), body, error, said }, status);
  }

  function drawFaults(c: Context, error?: string): Response | Promise<Response> {
    const open = store.all().filter((task) => task.status !== 'DONE').length;
    const body = faultsPage(faults, counter, behaviour.rateLimit, open);
    return draw(c, { title: 'Faults', body, path: '/faults', watch: 'faults', error }, error ? 422 : 200);
  }

  function drawPerson(c: Context, back: string, error?: string): Response | Promise<Response> {
    const path = `/person?back=${encodeURIComponent(back)}`;
    return draw(c, { title: 'Who are you?', body: personPage(back), path, watch: 'nothing', error }, error ? 422 : 200);
  }
}

const uidOf = (c: Context): string => (c.req.param('uid') ?? '').toLowerCase();

/** The list's address, without what was just done: that is said once. */
function listPath(c: Context): string {
  const { said: _said, ...query } = c.req.query();
  return `/?${new URLSearchParams(query).toString()}`;
}

/** The text fields of a form. */
async function sentBy(c: Context): Promise<Typed> {
  const entries = Object.entries(await c.req.parseBody());
  return Object.fromEntries(entries.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
}
