/** GET /tasks and POST /tasks/query: pages, cursors, filters, order. */
import type { Task } from '../schema.js';
import { largestBelow } from './batch-probes.js';
import { tasksIn } from './own-tasks.js';
import { cannotTell, isRefusal, isRefusalOfContent, type Finding, type Probe, type ProbeContext } from './probe.js';
import type { Answer } from './wire.js';

const FAR_FUTURE = '2999-01-01T00:00:00.000Z';
/** Pages are only read, so a little beyond what anybody is known to ask for costs nothing. */
const LARGEST_PAGE = 1_001;
/** An account with more tasks than this many pages has its last page looked for in vain. */
const MOST_PAGES = 30;
/** Candidates for the cursor's parameter, after the one that is configured. */
const CURSOR_PARAMS = ['cursor', 'next_cursor', 'page_token', 'after', 'starting_after', 'page'];

export const LIST_PROBES: Probe[] = [
  {
    name: 'page size',
    question: 'How large is a page, how large may it be, and what happens beyond that?',
    requests: 13,
    run: pageSize,
  },
  {
    name: 'cursor',
    question: 'Which query parameter takes the cursor?',
    requests: 8,
    run: cursorParam,
  },
  { name: 'filters', question: 'Which filters does GET /tasks honour?', requests: 4, run: filters },
  {
    name: 'the whole list',
    question:
      'Does it run forwards in time, does it show DONE tasks unasked, and how does its last page say that it is the last?',
    requests: MOST_PAGES,
    run: wholeList,
  },
  { name: 'query', question: 'Does POST /tasks/query honour a condition?', requests: 1, run: query },
];

async function pageSize({ wire }: ProbeContext): Promise<Record<string, Finding>> {
  const usual = await list(wire, {});
  const beyond = await list(wire, { limit: LARGEST_PAGE });
  const found = { defaultLimit: sizeOf(usual) };
  if (!isRefusal(beyond.status)) {
    const size = sizeOf(beyond);
    if ('value' in size && Number(size.value) < LARGEST_PAGE)
      return { ...found, maxLimit: size, overLimit: { value: 'clamp' } };
    const unknown = cannotTell(`a limit of ${LARGEST_PAGE} was taken, and more was not tried`);
    return { ...found, maxLimit: unknown, overLimit: unknown };
  }
  const taken = async (limit: number) => !isRefusal((await list(wire, { limit })).status);
  const maxLimit = await largestBelow(LARGEST_PAGE, taken, 100);
  const overLimit = beyond.status === 422 ? { value: '422' } : cannotTell(`it was answered ${beyond.status}`);
  return { ...found, maxLimit: maxLimit > 0 ? { value: maxLimit } : cannotTell('no limit was taken'), overLimit };
}

async function cursorParam({ wire, cursorParam: configured }: ProbeContext): Promise<Record<string, Finding>> {
  const first = await list(wire, { limit: 1 });
  const cursor = metaOf(first)['next_cursor'];
  if (!cursor) return { cursorParam: cannotTell('the first of several pages names no next_cursor') };
  const candidates = new Set([configured, ...CURSOR_PARAMS]);
  for (const name of candidates) {
    const answer = await list(wire, { limit: 1, [name]: cursor });
    const [task] = tasksIn(answer);
    if (task && task.uid !== tasksIn(first)[0]?.uid) return { cursorParam: { value: name } };
  }
  return { cursorParam: cannotTell(`none of ${[...candidates].join(', ')} led to the second page`) };
}

async function filters({ wire, tasks }: ProbeContext): Promise<Record<string, Finding>> {
  // One that is open, so that a list that ignores `status` has something other than STARTED to show.
  await tasks.create();
  const byStatus = await list(wire, { status: 'STARTED' });
  const byDate = await list(wire, { updated_at_after: FAR_FUTURE });
  if (isRefusal(byStatus.status) && isRefusal(byDate.status)) {
    const rejected = isRefusalOfContent(byStatus.status) && isRefusalOfContent(byDate.status);
    const answers = `a status was answered ${byStatus.status}, a date ${byDate.status}`;
    return { listFilters: rejected ? { value: 'reject' } : cannotTell(answers) };
  }
  const status = honoured(byStatus, (task) => task.status === 'STARTED');
  const date = honoured(byDate, () => false);
  if (status && date) {
    const ordered = await list(wire, { order_by: 'updated_at' });
    const note = isRefusal(ordered.status) ? `order_by=updated_at was answered ${ordered.status}` : undefined;
    return { listFilters: { value: 'honour', note } };
  }
  if (status) return { listFilters: { value: 'status-only' } };
  return { listFilters: date ? cannotTell('the date is honoured, and the status is not') : { value: 'ignore' } };
}

/** Walks the list once for all three: to its end, or as far as is decent. */
async function wholeList({ wire, tasks, known }: ProbeContext): Promise<Record<string, Finding>> {
  const limit = typeof known['maxLimit'] === 'number' ? known['maxLimit'] : 100;
  const param = typeof known['cursorParam'] === 'string' ? known['cursorParam'] : undefined;
  const [open, closed] = [new Set(tasks.open), new Set(tasks.closed)];
  let [openSeen, doneSeen] = [false, false];
  const times: number[] = [];
  let cursor: unknown;
  let last: Answer | undefined;
  for (let at = 0; at < MOST_PAGES && !last; at += 1) {
    const page = await list(wire, { limit, ...(cursor && param ? { [param]: cursor } : {}) });
    if (isRefusal(page.status)) {
      const unknown = cannotTell(`a page of it was answered ${page.status}`);
      return { listOrder: unknown, listHidesDone: unknown, lastCursor: unknown };
    }
    const items = tasksIn(page);
    doneSeen ||= items.some(({ uid, status }) => status === 'DONE' || closed.has(uid));
    openSeen ||= items.some(({ uid }) => open.has(uid));
    times.push(...items.map(({ created_at }) => Date.parse(created_at ?? '')));
    cursor = metaOf(page)['next_cursor'];
    if (!cursor) last = page;
    else if (!param) break;
  }
  const hidden = last ? openSeen : false;
  const listHidesDone =
    doneSeen || hidden ? { value: !doneSeen } : cannotTell('neither a DONE task nor the end of the list was met');
  const lastCursor = last ? endOf(last) : cannotTell('the last page was not reached');
  return { listOrder: orderOf(times), listHidesDone, lastCursor };
}

function orderOf(times: number[]): Finding {
  const steps = times.slice(1).map((time, at) => Math.sign(time - (times[at] ?? NaN)));
  if (steps.some(Number.isNaN)) return cannotTell('no created_at is shown');
  const [up, down] = [steps.includes(1), steps.includes(-1)];
  if (up === down) return cannotTell(up ? 'created_at goes up and down' : 'no two times on the list differ');
  return { value: up ? 'ascending' : 'descending' };
}

async function query({ wire, tasks }: ProbeContext): Promise<Record<string, Finding>> {
  // Neither the first nor the last, which a page that ignores the condition might begin with.
  const wanted = tasks.all.slice(1, 3);
  const conditions = wanted.map((value) => ({ field: 'uid', operator: '==', value }));
  const answer = await wire.ask('POST', '/tasks/query', { body: { condition: { combinator: 'or', conditions } } });
  if (isRefusalOfContent(answer.status)) return { query: { value: 'refuse', note: `with ${answer.status}` } };
  if (isRefusal(answer.status)) return { query: cannotTell(`it was answered ${answer.status}`) };
  const found = tasksIn(answer).map(({ uid }) => uid);
  if (found.some((uid) => !wanted.includes(uid))) return { query: { value: 'ignore-condition' } };
  if (found.length < wanted.length)
    return { query: cannotTell(`${found.length} of ${wanted.length} tasks were found`) };
  return { query: { value: 'honour' } };
}

const list = (wire: ProbeContext['wire'], params: Record<string, unknown>): Promise<Answer> =>
  wire.ask('GET', '/tasks', { params });

function honoured(answer: Answer, fits: (task: Task) => boolean): boolean {
  return !isRefusal(answer.status) && tasksIn(answer).every(fits);
}

function sizeOf(page: Answer): Finding {
  const { limit, next_cursor: next } = metaOf(page);
  if (typeof limit === 'number') return { value: limit };
  return next ? { value: tasksIn(page).length } : cannotTell('there is one page, which does not say its limit');
}

function metaOf({ data }: Answer): Record<string, unknown> {
  return Object((Object(data) as { meta?: unknown }).meta) as Record<string, unknown>;
}

function endOf(page: Answer): Finding {
  const next = metaOf(page)['next_cursor'];
  return { value: next === undefined ? 'absent' : next === null ? 'null' : 'empty' };
}
