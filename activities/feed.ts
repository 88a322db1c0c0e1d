import { log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { FragmentClient } from '../fragment/client.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task } from '../fragment/schema.js';
import { orFailure } from './failures.js';
import { taskNews, type ParseAnswer, type TaskNews } from './task-news.js';

/** `list`: what changed, by GET /tasks and its updated_at filter. `bulk`: every awaited task, read by uid. */
export type FeedWay = 'list' | 'bulk';

/** All that the feed remembers; kept in its workflow, so that a restart loses nothing. */
export interface FeedCursor {
  way: FeedWay;
  /** The newest updated_at that Fragment has shown: the server's clock, not ours. */
  since?: string;
  /** Completions already passed on that the list's overlap brings again: `uid@updated_at`. */
  recent: string[];
  /** Completions that reading the awaited tasks found before the list told of them, and in which round. */
  unlisted: Record<string, number>;
  round: number;
}

export interface FeedRound {
  cursor: FeedCursor;
  /** Tasks that changed, completed ones among them. */
  changed: number;
  completed: number;
  awaited?: number;
  requests: number;
}

export interface FeedActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  temporal: Client;
  parseAnswer: ParseAnswer;
  /** Absent: the default account. */
  account?: string;
}

/** A list may lag behind its tasks, and changes of one moment may appear one after the other. */
const OVERLAP_MS = 10_000;
/** With the list in use, every so many rounds the awaited tasks are read as well: what the list hides comes to light. */
const AUDIT_EVERY = 5;
/** Rounds that the list is given to bring a completion that reading the task has shown. */
const LIST_PATIENCE = 3;
const MAX_PAGES = 50;

/**
 * One round of the change feed: learns which tasks were completed and signals the processes that wait for them.
 *
 * The list's filter is not documented, so it is checked: an answer with tasks older than asked for, a refusal, or a
 * completion that it never brings, and the feed goes over to reading the awaited tasks.
 */
export function createFeedActivities({ gateway, client, temporal, parseAnswer, account }: FeedActivityOptions) {
  return {
    readChanges(cursor: FeedCursor): Promise<FeedRound> {
      return orFailure(async () => {
        const requestsBefore = gateway.stats().requests;
        const next: FeedCursor = { ...cursor, unlisted: { ...cursor.unlisted }, round: cursor.round + 1 };
        const completed = new Map<string, { task: Task; workflowId: string }>();
        let changed = 0;

        if (next.way === 'list') {
          const tasks = await listChanged(client, gateway, next.since);
          if (!tasks) stepDown(next, 'Fragment did not honour the updated_at filter');
          else {
            const fresh = rememberListed(next, tasks);
            changed = fresh.length;
            for (const task of fresh) {
              const workflowId = task.fields?.workflow_id;
              if (task.status === 'DONE' && typeof workflowId === 'string')
                completed.set(task.uid, { task, workflowId });
            }
          }
        }

        let awaited: number | undefined;
        if (next.way === 'bulk' || next.round % AUDIT_EVERY === 0) {
          const waiting = await awaitedTasks(temporal, account);
          awaited = waiting.size;
          for (const task of awaited ? await gateway.readMany([...waiting.keys()]) : []) {
            const workflowId = waiting.get(task.uid);
            if (task.status !== 'DONE' || !workflowId) continue;
            completed.set(task.uid, { task, workflowId });
            if (!next.recent.includes(version(task))) next.unlisted[version(task)] ??= next.round;
          }
          if (next.way === 'bulk') changed = completed.size;
        }
        if (next.way === 'list' && Object.values(next.unlisted).some((round) => next.round - round >= LIST_PATIENCE)) {
          stepDown(next, 'the list of changed tasks does not bring completed ones');
        }

        const news = [...completed.values()].map(({ task, workflowId }) => ({
          workflowId,
          news: taskNews(task, parseAnswer),
        }));
        await Promise.all(news.map((item) => passOn(temporal, item.workflowId, item.news)));
        return {
          cursor: next,
          changed,
          completed: completed.size,
          awaited,
          requests: gateway.stats().requests - requestsBefore,
        };
      });
    },
  };
}

export type FeedActivities = ReturnType<typeof createFeedActivities>;

/** Undefined where the server did not filter as asked. */
async function listChanged(client: FragmentClient, gateway: Gateway, since?: string): Promise<Task[] | undefined> {
  const from = new Date((since ? Date.parse(since) : Date.now()) - OVERLAP_MS).toISOString();
  const filter = { updated_at_after: from, order_by: 'updated_at', limit: 100 };
  const tasks = new Map<string, Task>();
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    let page;
    try {
      page = await gateway.request(() => client.listTasks(filter, cursor));
    } catch (error) {
      if (error instanceof FragmentRejectedError) return undefined;
      throw error;
    }
    // A second of grace: servers cut fractions off.
    const older = (task: Task) => !task.updated_at || Date.parse(task.updated_at) < Date.parse(from) - 1_000;
    const known = tasks.size;
    if (page.items.some(older)) return undefined;
    for (const task of page.items) tasks.set(task.uid, task);
    if (!page.nextCursor) return [...tasks.values()];
    // A page that brings nothing new means that the cursor was not understood.
    if (tasks.size === known) return undefined;
    cursor = page.nextCursor;
  }
  return undefined;
}

/** The tasks that earlier rounds have not shown in this state; moves the cursor on. */
function rememberListed(cursor: FeedCursor, tasks: Task[]): Task[] {
  const recent = new Set(cursor.recent);
  const versions = tasks.map(version);
  const newest = tasks
    .map((task) => task.updated_at ?? '')
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);
  if (newest && (!cursor.since || Date.parse(newest) > Date.parse(cursor.since))) cursor.since = newest;
  cursor.recent = versions;
  for (const seen of versions) delete cursor.unlisted[seen];
  return tasks.filter((task) => !recent.has(version(task)));
}

const version = (task: Task): string => `${task.uid}@${task.updated_at ?? ''}`;

function stepDown(cursor: FeedCursor, why: string): void {
  log.warn(`change feed: ${why}; reading the awaited tasks instead`);
  cursor.way = 'bulk';
  cursor.recent = [];
  cursor.unlisted = {};
}

/** From the account's running processes themselves: uid -> workflow id. A task's own fields are no authority, people edit them. */
async function awaitedTasks(temporal: Client, account?: string): Promise<Map<string, string>> {
  const waiting = new Map<string, string>();
  const query = "ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL";
  for await (const workflow of temporal.workflow.list({ query, pageSize: 1_000 })) {
    if (workflow.memo?.account !== account) continue;
    for (const uid of (workflow.searchAttributes.FragmentTasks ?? []) as string[])
      waiting.set(uid, workflow.workflowId);
  }
  return waiting;
}

/** A process that is gone needs no news; one that does not await the task ignores it. */
async function passOn(temporal: Client, workflowId: string, news: TaskNews): Promise<void> {
  try {
    await temporal.workflow.getHandle(workflowId).signal('taskChanged', news);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
