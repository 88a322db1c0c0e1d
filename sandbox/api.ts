import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import { applyBatch, batchItems } from './batch.js';
import type { Behaviour } from './behaviour.js';
import { authorized, dropConnection, sleep } from './connection.js';
import type { Fault, Faults } from './faults.js';
import { Counter, Limiter } from './limiter.js';
import { listTasks, type Page } from './list.js';
import { queryTasks } from './query.js';
import { errorPage, errorResponse, invalid, Refusal } from './refusal.js';
import { taskBody } from './task-body.js';
import { parseUid, parseWrite, type StoredTask } from './task-shape.js';
import { OPERATIONS, type TaskStore } from './tasks.js';

export interface ApiOptions {
  store: TaskStore;
  behaviour: Behaviour;
  token: string;
  faults: Faults;
  counter: Counter;
  now: () => number;
}

type Env = { Variables: { fault: Fault | undefined } };

/** The twelve endpoints that the documentation names, below /api/v1. */
export function createApi(options: ApiOptions): Hono<Env> {
  const { store, behaviour } = options;
  const api = new Hono<Env>();
  const one = (task: StoredTask): Record<string, unknown> => taskBody(task, store, store.children(task.uid));
  const many = (page: Page): object => {
    const shown = new Map(page.items.map((task) => [task.uid, [] as StoredTask[]]));
    for (const task of store.all()) if (task.parent_uid) shown.get(task.parent_uid)?.push(task);
    return { items: page.items.map((task) => taskBody(task, store, shown.get(task.uid))), meta: page.meta };
  };

  api.onError((error) => {
    if (!(error instanceof Refusal)) console.error('sandbox: a bug in the sandbox itself', error);
    const refusal = error instanceof Refusal ? error : new Refusal(500, `sandbox: ${error.message}`);
    return errorResponse(refusal, behaviour.errorShape);
  });
  api.use(gate(options), inject(options));

  api.get('/accounts/me', (c) =>
    c.json({ uid: '5a4db0c5-0000-0000-0000-000000000001', name: 'Sandbox account', sandbox: true }),
  );
  api.get('/tasks', (c) => c.json(many(listTasks(store.readModel(), c.req.query(), behaviour))));
  api.post('/tasks', async (c) => c.json(one(store.apply('POST', parseWrite(await bodyOf(c), behaviour)))));
  api.post('/tasks/query', async (c) => c.json(many(queryTasks(store.readModel(), await bodyOf(c), behaviour))));
  for (const operation of OPERATIONS) {
    api.on(operation, '/tasks/batch', async (c) => {
      const items = batchItems(await bodyOf(c), behaviour);
      const half = c.get('fault')?.kind === 'half-batch' ? Math.floor(items.length / 2) : undefined;
      const done = applyBatch(store, operation, items, behaviour, half);
      return c.json(many({ items: done, meta: { limit: items.length, total_count: done.length } }));
    });
    // POST has no meaning below a task.
    if (operation === 'POST') continue;
    api.on(operation, '/tasks/:uid', async (c) => {
      const uid = parseUid(c.req.param('uid'));
      // The path says which task it is; a uid in the body is not an address.
      return c.json(one(store.apply(operation, { ...parseWrite(await bodyOf(c), behaviour), uid })));
    });
  }
  api.get('/tasks/:uid', (c) => c.json(one(existing(store, c.req.param('uid')))));
  api.delete('/tasks/:uid', (c) => {
    const task = store.delete(parseUid(c.req.param('uid')));
    return behaviour.deleteStatus === 204 ? c.body(null, 204) : c.json(taskBody(task, store));
  });
  api.post('/tasks/:uid/comments', async (c) => {
    const { uid } = existing(store, c.req.param('uid'));
    const body = await bodyOf(c);
    const text: unknown = typeof body === 'object' && body ? Reflect.get(body, behaviour.commentKey) : undefined;
    if (typeof text !== 'string' || text === '')
      throw invalid(['body', behaviour.commentKey], 'field required', 'missing');
    const comment = store.comment(uid, text);
    return c.json({ uid: comment.uid, task_uid: uid, created_at: comment.at, [behaviour.commentKey]: text });
  });
  api.all('*', () => {
    throw new Refusal(404, 'no such endpoint');
  });
  return api;
}

/** Counts, then refuses what a real edge, login and limiter would refuse before the request is looked at. */
function gate({ behaviour, token, counter, now }: ApiOptions): MiddlewareHandler<Env> {
  const limiter = new Limiter(now);
  return async (c, next) => {
    counter.request(c.req.method, endpointOf(c.req.path));
    const agent = c.req.header('user-agent') ?? '';
    if (behaviour.missingUserAgent === '403-html' && /^$|^(node|undici|axios)\b/i.test(agent)) {
      return c.html(errorPage(403, 'Blocked: no proper User-Agent'), 403);
    }
    if (!authorized(c, token)) throw new Refusal(401, 'missing or invalid token');
    const wait = limiter.take(behaviour.rateLimit + behaviour.burst);
    if (wait > 0) {
      const headers: Record<string, string> = behaviour.retryAfter
        ? { 'retry-after': String(Math.ceil(wait / 1000)) }
        : {};
      counter.s429++;
      throw new Refusal(429, 'too many requests', [], headers);
    }
    return next();
  };
}

function inject({ behaviour, faults, counter }: ApiOptions): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { method } = c.req;
    const body: unknown = faults.lookIntoBodies ? await c.req.json().catch(() => undefined) : undefined;
    const path = c.req.path.replace(/^\/api\/v1/, '');
    const fault = faults.take({ method, endpoint: endpointOf(c.req.path), path, body });
    c.set('fault', fault);
    if (fault?.kind === 'drop') return dropConnection(c);
    if (fault?.kind === 'status') {
      if (fault.status === 429) counter.s429++;
      const headers: Record<string, string> =
        fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
      return errorResponse(
        new Refusal(fault.status, 'fault on request', [], headers),
        fault.html ? 'html' : behaviour.errorShape,
      );
    }
    if (fault?.kind === 'delay') await sleep(fault.delayMs);
    await next();
    return fault?.kind === 'lost-answer' ? dropConnection(c) : undefined;
  };
}

export function endpointOf(path: string): string {
  return path
    .replace(/^\/api\/v1/, '')
    .replace(/\/$/, '')
    .replace(/^\/tasks\/(?!batch$|query$)[^/]+/, '/tasks/:uid');
}

function existing(store: TaskStore, text: string): StoredTask {
  const uid = parseUid(text);
  const task = store.get(uid);
  if (!task) throw new Refusal(404, `task ${uid} not found`);
  return task;
}

async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw invalid(['body'], 'not valid JSON', 'json_invalid');
  }
}
