import { setMaxListeners } from 'node:events';
import { cancellationSignal, heartbeat, metricMeter } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Unreadable } from '../fragment/bulk-read.js';
import type { FragmentClient, TaskFilter } from '../fragment/client.js';
import { FragmentRejectedError, isCrash } from '../fragment/errors.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task } from '../fragment/schema.js';
import { taskUid } from '../fragment/uid.js';
import {
  byUid,
  hidden,
  isOpen,
  judgeAwaited,
  judgeOpen,
  workflowIdOf,
  type AwaitedTask,
  type Verdict,
} from './drift.js';
import { orFailure } from './failures.js';
import { mend, type Mended } from './reconcile-mend.js';
import { RunningProcesses } from './running-processes.js';
import type { ParseAnswer } from './task-news.js';

/** A suspect: found by looking, to be looked at again before anything is done about it. */
export interface Drift extends Verdict {
  uid: string;
  workflowId: string;
}

export interface AwaitedPage {
  drifts: Drift[];
  processes: number;
  /** Processes that did not answer. */
  silent: number;
  /** Completed a moment ago: the change feed is about to tell. */
  fresh: number;
  next?: string;
}

export interface OpenPage {
  drifts: Drift[];
  /** Tasks listed, and those of them that are open and ours by their `process` field. */
  listed: number;
  open: number;
  /** Why the list cannot be had this way: refused, or its filter was ignored. */
  refused?: string;
  next?: string;
}

/**
 * The keys that a process of this name and workflow id may have made the uid of this step's task from; none where the id
 * is not one of its form, undefined where the name is not of a process that holds tasks.
 */
export type TaskKeys = (process: string, workflowId: string, step: string, round: number) => string[] | undefined;

export interface ReconcileActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  temporal: Client;
  parseAnswer: ParseAnswer;
  taskKeys: TaskKeys;
  /** Absent: the default account. */
  account?: string;
}

/** Looking costs requests, never changes anything; mending looks again first. */
export function createReconcileActivities(options: ReconcileActivityOptions) {
  const { gateway, client, temporal, taskKeys, account } = options;
  const processes = new RunningProcesses(temporal, account);

  const recipe = (task: Task): string[] | undefined => {
    const { process, step, round } = task.fields ?? {};
    if (typeof process !== 'string') return undefined;
    return taskKeys(process, workflowIdOf(task), String(step), Number(round))?.map(taskUid);
  };

  return {
    /** One page of the account's processes that hold a task, and the tasks that they wait for. */
    compareAwaited({ size, after, graceMs }: { size: number; after?: string; graceMs: number }): Promise<AwaitedPage> {
      return orFailure(async () => {
        // Every read listens for the cancellation of the whole.
        setMaxListeners(0, cancellationSignal());
        const page = await processes.page(size, after);
        const result: AwaitedPage = { drifts: [], processes: page.processes.length, silent: 0, fresh: 0 };
        const waiting = new Map<string, { awaited: AwaitedTask; workflowId: string }>();
        for (const { workflowId, answer } of page.processes) {
          if ('silent' in answer) result.silent += 1;
          else if (answer.expects.awaited) {
            waiting.set(answer.expects.awaited.uid, { awaited: answer.expects.awaited, workflowId });
          }
        }
        const refusals = new Map<string, string>();
        const unreadable: Unreadable = (uid, { message }) => refusals.set(uid, message);
        const read = await gateway.readMany([...waiting.keys()], { signal: cancellationSignal(), unreadable });
        const tasks = byUid(read);
        for (const [uid, { awaited, workflowId }] of waiting) {
          // A search may be behind; the task's own address is not.
          const known = tasks.has(uid) || refusals.has(uid);
          const task = known ? tasks.get(uid) : await taskAt(uid, unreadable);
          const refusal = refusals.get(uid);
          const verdict = refusal === undefined ? judgeAwaited(awaited, task) : hidden(refusal);
          if (!verdict) continue;
          if (task && verdict.kind === 'wrong_status' && changedWithin(graceMs, task)) result.fresh += 1;
          else result.drifts.push({ uid, workflowId, ...verdict });
        }
        count(result.drifts);
        return { ...result, ...(page.next ? { next: page.next } : {}) };
      });
    },

    /** One page of the list: open tasks that name a process of ours, and that nobody is seen to wait for. */
    compareOpen({ filter, cursor }: { filter: TaskFilter; cursor?: string }): Promise<OpenPage> {
      return orFailure(async () => {
        let page;
        try {
          page = await gateway.request(() => client.listTasks(filter, cursor), { signal: cancellationSignal() });
        } catch (error) {
          if (!(error instanceof FragmentRejectedError)) throw error;
          return { drifts: [], listed: 0, open: 0, refused: error.message };
        }
        if (filter.status && page.items.some(({ status }) => status !== filter.status)) {
          return { drifts: [], listed: 0, open: 0, refused: 'the filter by status is not honoured' };
        }
        const ours = page.items.filter((task) => isOpen(task) && recipe(task));
        const awaited = await processes.awaited(ours.map(({ uid }) => uid));
        const drifts = await judge(ours.filter(({ uid }) => !awaited.has(uid)));
        count(drifts);
        const next = page.nextCursor;
        return { drifts, listed: page.items.length, open: ours.length, ...(next ? { next } : {}) };
      });
    },

    /**
     * Looks at each suspect again, and asks its process again; what is still so is mended. Safe to repeat: what an earlier
     * attempt has done is not done twice, except for a comment whose answer was lost.
     */
    mendDrifts({ drifts }: { drifts: Drift[] }): Promise<Mended[]> {
      return orFailure(() => mend(drifts, { ...options, processes, recipe }));
    },
  };

  async function judge(tasks: Task[]): Promise<Drift[]> {
    const owners = await processes.owners(tasks.filter((task) => recipe(task)?.length).map(workflowIdOf));
    return tasks.flatMap((task) => {
      const workflowId = workflowIdOf(task);
      const verdict = judgeOpen(task, owners.get(workflowId) ?? { state: 'not found' }, recipe(task) ?? []);
      return verdict ? [{ uid: task.uid, workflowId, ...verdict }] : [];
    });
  }

  async function taskAt(uid: string, unreadable: Unreadable): Promise<Task | undefined> {
    heartbeat();
    try {
      return await gateway.request(() => client.getTask(uid), { signal: cancellationSignal() });
    } catch (error) {
      if (!(error instanceof FragmentRejectedError || isCrash(error))) throw error;
      if (error.status !== 404) unreadable(uid, error);
      return undefined;
    }
  }
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

function changedWithin(graceMs: number, { updated_at: at }: Task): boolean {
  return Boolean(at) && Date.now() - Date.parse(at as string) < graceMs;
}

function count(drifts: Drift[]): void {
  const counter = metricMeter.createCounter(
    'fragment_drift_total',
    'tasks',
    'Tasks found to differ from their process',
  );
  for (const { kind } of drifts) counter.add(1, { class: kind });
}
