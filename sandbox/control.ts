import { Hono } from 'hono';
import { z } from 'zod';
import { changeBehaviour, type Behaviour } from './behaviour.js';
import { sameOrigin } from './connection.js';
import { faultSchema, type Faults } from './faults.js';
import { type Ledger, ledgerRulesSchema } from './ledger.js';
import type { Counter } from './limiter.js';
import { taskBody } from './task-body.js';
import type { TaskStore } from './tasks.js';

export interface ControlOptions {
  store: TaskStore;
  behaviour: Behaviour;
  faults: Faults;
  counter: Counter;
  ledger: Ledger;
}

export interface Stats {
  requests: number;
  writes: number;
  s429: number;
  byEndpoint: Record<string, number>;
  openTasks: number;
  tasks: number;
  /** Most requests that came in within any 60 s, refused ones included. */
  maxIn60s: number;
  faultsTaken: number;
}

export function statsOf({ store, counter, faults }: Pick<ControlOptions, 'store' | 'counter' | 'faults'>): Stats {
  const { requests, writes, s429, byEndpoint, maxIn60s } = counter;
  const tasks = store.all();
  const openTasks = tasks.filter((task) => task.status !== 'DONE').length;
  return {
    requests,
    writes,
    s429,
    byEndpoint: { ...byEndpoint },
    openTasks,
    tasks: tasks.length,
    maxIn60s,
    faultsTaken: faults.taken,
  };
}

/** /_sandbox: the strings behind the scenery. No token, no limit, not counted; nothing of it exists in Fragment. */
export function createControl(options: ControlOptions): Hono {
  const { store, behaviour, faults, ledger } = options;
  const control = new Hono();
  control.use(sameOrigin);
  control.onError((error, c) => {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    return c.json({ error: message }, error instanceof z.ZodError || error instanceof SyntaxError ? 422 : 500);
  });

  control.get('/behaviour', (c) => c.json(behaviour));
  control.patch('/behaviour', async (c) => c.json(changeBehaviour(behaviour, await c.req.json())));
  control.get('/faults', (c) => c.json({ waiting: faults.waiting, taken: faults.taken }));
  control.post('/faults', async (c) => c.json(faults.add(faultSchema.parse(await c.req.json()))));
  control.delete('/faults', (c) => {
    faults.clear();
    return c.json({ waiting: [] });
  });
  control.get('/ledger', (c) => c.json(ledger.rules));
  control.patch('/ledger', async (c) =>
    c.json(Object.assign(ledger.rules, ledgerRulesSchema.parse({ ...ledger.rules, ...(await c.req.json()) }))),
  );
  control.get('/stats', (c) => c.json(statsOf(options)));
  control.get('/tasks/:uid', (c) => {
    const detail = store.detail(c.req.param('uid').toLowerCase());
    if (!detail) return c.json({ error: `no task ${c.req.param('uid')}` }, 404);
    return c.json({ task: taskBody(detail.task, store), comments: detail.comments, history: detail.history });
  });
  return control;
}
