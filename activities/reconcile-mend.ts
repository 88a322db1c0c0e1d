import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Unreadable } from '../fragment/bulk-read.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Task, TaskWrite } from '../fragment/schema.js';
import { byUid, isOpen, judgeAwaited, judgeOpen, workflowIdOf, type AwaitedTask, type Owner } from './drift.js';
import type { Drift, ReconcileActivityOptions } from './reconcile.js';
import type { RunningProcesses } from './running-processes.js';
import { taskNews, type TaskNews } from './task-news.js';

/** `gone`: no longer so when it was looked at again. `left`: a person has to see to it. */
export interface Mended {
  uid: string;
  outcome: 'mended' | 'gone' | 'left';
  done: string;
}

export interface MendOptions extends ReconcileActivityOptions {
  processes: RunningProcesses;
  recipe: (task: Task) => string[] | undefined;
}

type Outcome = Omit<Mended, 'uid'>;
const GONE: Outcome = { outcome: 'gone', done: 'no longer so when looked at again' };

/**
 * Reads all the tasks, then asks all the processes, in this order: a process that still waits for the step has not
 * written since the reading. The writes are made in one go, so that they share requests, and each is sent only if the
 * task is then as it was read.
 */
export async function mend(drifts: Drift[], options: MendOptions): Promise<Mended[]> {
  const { gateway, client, processes, recipe, temporal, parseAnswer } = options;
  const { attempt, heartbeatDetails } = activityInfo();
  const commented = new Set((heartbeatDetails as string[] | undefined) ?? []);
  // Every read and write listens for the cancellation of the whole.
  const signal = cancellationSignal();
  setMaxListeners(0, signal);
  const uids = drifts.map(({ uid }) => uid);
  const refusals = new Map<string, string>();
  const unreadable: Unreadable = (uid, { message }) => refusals.set(uid, message);
  const tasks = byUid(await gateway.readMany(uids, { signal, unreadable }));
  const owners = await processes.owners(drifts.map(({ workflowId }) => workflowId));

  const settled = await Promise.allSettled(drifts.map(mendOne));
  // Only now: a comment that still waits for its request must not be made again by the next attempt.
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));

  async function mendOne(drift: Drift): Promise<Mended> {
    const { uid, workflowId: process, kind } = drift;
    const refusal = refusals.get(uid);
    const mended: Outcome =
      refusal === undefined
        ? await remedy(drift, tasks.get(uid), owners.get(process) as Owner)
        : { outcome: 'left', done: refusal };
    // What was done stays in the report: of a refusal it is Fragment's own words, which may quote a field.
    log.info('reconciled', { uid, process, class: kind, outcome: mended.outcome });
    return { uid, ...mended };
  }

  async function remedy(drift: Drift, task: Task | undefined, owner: Owner): Promise<Outcome> {
    try {
      if (drift.remedy === 'close') return await close(drift, task, owner);
      const awaited = owner.state === 'running' ? owner.expects.awaited : undefined;
      if (awaited?.uid !== drift.uid || judgeAwaited(awaited, task)?.kind !== drift.kind) return GONE;
      return drift.remedy === 'rewrite' ? await rewrite(awaited, task as Task) : await tell(drift, awaited, task);
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      return error.status === 404 ? GONE : { outcome: 'left', done: error.message };
    }
  }

  async function close(drift: Drift, task: Task | undefined, owner: Owner): Promise<Outcome> {
    if (!task) return GONE;
    // What an earlier attempt closed may lack its comment.
    const closedBefore = attempt > 1 && task.status === 'DONE';
    if (!closedBefore) {
      // A task that names another process by now is that one's.
      const still = isOpen(task) && workflowIdOf(task) === drift.workflowId;
      if (!still || judgeOpen(task, owner, recipe(task) ?? [])?.kind !== drift.kind) return GONE;
      const sent = await write(drift.uid, { status: 'DONE' }, (now) => now?.status !== 'DONE');
      if (!sent) return GONE;
    }
    const said = await explain(drift);
    return { outcome: 'mended', done: said ? 'closed, with a comment' : 'closed; Fragment refused the comment' };
  }

  /** What people added to the fields stays, whether the server merges them or replaces them. */
  async function rewrite(awaited: AwaitedTask, seen: Task): Promise<Outcome> {
    const asRead = (now: Task | undefined) => now?.status !== 'DONE' && isDeepStrictEqual(now?.fields, seen.fields);
    const sent = await write(awaited.uid, { fields: { ...seen.fields, ...awaited.fields } }, asRead);
    return sent ? { outcome: 'mended', done: "the process's fields written again" } : GONE;
  }

  /** A process reads for itself a task that is said to be absent; a completion is handed over as the feed would. */
  async function tell({ workflowId, kind }: Drift, awaited: AwaitedTask, task: Task | undefined): Promise<Outcome> {
    const { uid, step, round } = awaited;
    const gone: TaskNews = { uid, status: 'TODO', step, round, absent: 'deleted' };
    try {
      // News of the step that awaits it, whatever step its fields name by now: people edit them.
      const news = task ? { ...taskNews(task, parseAnswer, awaited), step, round } : gone;
      await temporal.workflow.getHandle(workflowId).signal('taskChanged', news);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return GONE;
      throw error;
    }
    const done = kind === 'wrong_status' ? 'the process was told' : 'the process was told, to open it again';
    return { outcome: 'mended', done };
  }

  /**
   * True if it was sent: the gateway looks at the task before, and asks `needed` of what it sees. Several are looked at by one
   * search, which may not know yet what a person has just done.
   */
  async function write(uid: string, body: TaskWrite, needed: (now: Task | undefined) => boolean): Promise<boolean> {
    let sent = true;
    const stillNeeded = (now: Task | undefined) => (sent = needed(now));
    await gateway.write({ uid, kind: 'update', body, unsure: true, stillNeeded }, signal);
    return sent;
  }

  /** Noted in the heartbeat, so that a retry does not say it again. False where Fragment refuses the comment. */
  async function explain({ uid, why, workflowId }: Drift): Promise<boolean> {
    if (commented.has(uid)) return true;
    const text = `Closed by reconciliation: ${why} (${workflowId}).`;
    try {
      await gateway.request(() => client.postComment(uid, text), { lane: 'comment', signal });
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      return false;
    }
    commented.add(uid);
    heartbeat([...commented]);
    return true;
  }
}
