import { setMaxListeners } from 'node:events';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { FragmentRejectedError, isCrash } from '../fragment/errors.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task, TaskStatus, TaskWrite } from '../fragment/schema.js';
import { taskUid } from '../fragment/uid.js';
import { orFailure, toFailure } from './failures.js';
import type { OwnCompletions } from './own-completions.js';
import { holds } from './task-content.js';
import { taskNews, type ParseAnswer, type TaskNews } from './task-news.js';
import type { MoveTask, OpenTask, ReassignTask, UpsertTask, UpsertedTask } from './task-requests.js';
import { TaskWriter, isGone, isRefusal } from './task-writer.js';

export interface TaskActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  parseAnswer: ParseAnswer;
  /** Shared with the change feed of the account; absent where there is none. */
  own?: OwnCompletions;
  /** Creating a task that exists sets it back to TODO: whether it does is looked at first, each time. @default false */
  looksFirst?: boolean;
  /** The keys of `form_data` that a process's own schemas read. */
  formKeys?: (process: string) => readonly string[];
}

/** No key of an earlier answer may count for the next step. Nulls clear it whether the server merges or replaces. */
const CLEARED_ANSWER = { decision: null, note: null, reference: null, corrections: null };

/** Of an activity, before a task among many that Fragment falls over is given up: some minutes of Temporal's retries. */
const ATTEMPTS_AT_A_CRASH = 5;

/**
 * What a process does to its tasks. Each write is safe to repeat: Temporal may run an activity again after a crash, and
 * then the task is looked at first, so that nothing a person did meanwhile is undone, as far as Fragment's search is not
 * behind (docs/guarantees.md, "Not held").
 *
 * Failures: FragmentRejected and FragmentNotFound end the activity; everything else is retried.
 */
export function createTaskActivities(options: TaskActivityOptions) {
  const { gateway, client, parseAnswer, own, looksFirst = false, formKeys = () => [] } = options;
  const tasks = new TaskWriter(gateway, client, own);

  return {
    /** Creates the task, or meets the one that is already there, with its answer where it is DONE. */
    openTask(input: OpenTask): Promise<TaskNews> {
      return orFailure(async () => {
        const body: TaskWrite = { fields: input.fields };
        if (input.due) body.due_at = input.due;
        // Without a status a new task is TODO, and one that a person has moved keeps the status it has.
        if (input.status) body.status = input.status;
        const uid = taskUid(input.key);
        const task = await tasks.write({ uid, kind: 'create', body, unsure: looksFirst || input.mayExist });
        await tasks.remark(uid, input.comment);
        return taskNews(task, parseAnswer, input);
      });
    },

    /**
     * Creates many tasks, or brings them to what is said of them: one activity, and as few requests as batches hold. The
     * outcomes come in the order of the tasks; one that Fragment refuses, or falls over in one attempt after the other while
     * it takes others, costs only itself. The same key twice is one task, by the last that is said of it.
     */
    upsertTasks(input: { tasks: UpsertTask[]; mayExist?: boolean }): Promise<UpsertedTask[]> {
      return orFailure(async () => {
        const newest = new Map(input.tasks.map((task) => [taskUid(task.key), task]));
        // Each write listens for the cancellation of the activity.
        setMaxListeners(newest.size + 10, cancellationSignal());
        const upserts = [...newest].map(async ([uid, { fields, due }]): Promise<UpsertedTask> => {
          const body: TaskWrite = due ? { fields, due_at: due } : { fields };
          // With a server that sets it back to TODO, a task that people have begun stays as it is.
          const begun = (task: Task | undefined) => looksFirst && task !== undefined && task.status !== 'TODO';
          const stillNeeded = (task: Task | undefined) => !holds(task, body) && !begun(task);
          try {
            await tasks.write({ uid, kind: 'create', body, unsure: looksFirst || input.mayExist, stillNeeded });
            return { uid };
          } catch (error) {
            const inVain = isCrash(error) && activityInfo().attempt >= ATTEMPTS_AT_A_CRASH;
            if (!isRefusal(error) && !inVain) throw error;
            return { uid, refused: (toFailure(error) as Error).message };
          }
        });
        // Every one is waited for: an activity that failed early would be repeated while its writes are under way.
        const outcomes = new Map((await allSettled(upserts)).map((outcome) => [outcome.uid, outcome]));
        return input.tasks.map(({ key }) => outcomes.get(taskUid(key)) as UpsertedTask);
      });
    },

    /**
     * Takes the single task to another step: unassigned, with no trace of the last answer. @throws FragmentRejected where Fragment
     * takes that and leaves the task done: whether it lets a task be opened again is not documented, and done is an answer.
     */
    moveTask(input: MoveTask): Promise<TaskNews> {
      return orFailure(async () => {
        const cleared = Object.fromEntries(formKeys(input.process).map((key) => [key, null]));
        const body: TaskWrite = {
          fields: input.fields,
          status: input.status ?? 'TODO',
          form_data: { ...CLEARED_ANSWER, ...cleared },
        };
        if (input.due) body.due_at = input.due;
        /** By an attempt whose answer was lost: people may have done it since. */
        let movedBefore = false;
        const stillNeeded = (task: Task | undefined) => {
          movedBefore = task?.fields?.step === input.step && Number(task.fields.round) === input.round;
          return !movedBefore;
        };
        const task = await tasks.writeUnassigned({ uid: input.uid, kind: 'update', body, stillNeeded });
        const done = task.status === 'DONE' && body.status !== 'DONE';
        if (done && (!movedBefore || wasDoneBefore(task))) throw notOpenedAgain(input.uid);
        await tasks.remark(input.uid, input.comment);
        return taskNews(task, parseAnswer, input);
      });
    },

    /**
     * Gives a task to people, saying why: `from` is the status that it has until then, `doneAt` the completion that is taken back.
     * Where the answer to the write is lost, and people have finished the task anew before it is repeated, theirs stands. False
     * where Fragment took the change and left the task done as it was: whether it lets a task be opened again is not documented.
     */
    setTaskStatus(input: {
      uid: string;
      from: TaskStatus;
      to: TaskStatus;
      doneAt?: string;
      comment?: string;
    }): Promise<boolean> {
      return orFailure(async () => {
        const { from, to, doneAt } = input;
        const stillNeeded = (task: Task | undefined) =>
          task?.status === from && (doneAt === undefined || task.done_at === doneAt);
        const task = await tasks.write({ uid: input.uid, kind: 'update', body: { status: to }, stillNeeded });
        if (stillNeeded(task)) return false;
        await tasks.remark(input.uid, input.comment);
        return true;
      });
    },

    /**
     * Takes a task from people, so that a machine does it, and says so; answers the task as it stands. One that is DONE when its
     * own address is read, right before the write, stays DONE: it is done. Fragment has no write on a condition, so whoever finishes
     * it between that look and the write is overruled, and reads why. Null where the task no longer exists.
     */
    takeTask(input: { uid: string; process: string; step: string; comment: string }): Promise<TaskNews | null> {
      return orFailure(async () => {
        try {
          const stillNeeded = (task: Task | undefined) => task?.status === 'TODO';
          const body: TaskWrite = { status: 'STARTED' };
          const task = await tasks.write({
            uid: input.uid,
            kind: 'update',
            body,
            stillNeeded,
            unsure: true,
            lookAlone: true,
          });
          if (task.status !== 'DONE') await tasks.remark(input.uid, input.comment);
          return taskNews(task, parseAnswer, input);
        } catch (error) {
          if (isGone(error)) return null;
          throw error;
        }
      });
    },

    /** Closes a task as DONE; a task that is gone counts as closed. */
    closeTask(input: { uid: string; comment?: string }): Promise<void> {
      return orFailure(async () => {
        try {
          await tasks.write({ uid: input.uid, kind: 'update', body: { status: 'DONE' } });
          await tasks.remark(input.uid, input.comment);
        } catch (error) {
          if (!isGone(error)) throw error;
          log.info('the task to close no longer exists', { uid: input.uid });
        }
      });
    },

    commentOnTask(input: { uid: string; comment: string }): Promise<void> {
      return orFailure(() => tasks.comment(input.uid, input.comment));
    },

    /**
     * Gives the task to another person. Where Fragment does not know them, the task is nobody's, so that its queue can
     * give it to somebody, and the comment says so. With `look`, a task that is theirs already is left as it is.
     */
    reassignTask(input: ReassignTask): Promise<'assigned' | 'unassigned' | 'unchanged'> {
      return orFailure(async () => {
        const { uid, email } = input;
        const body: TaskWrite = { assignee_email: email };
        if (input.look) {
          const now = await gateway.request(() => client.getTask(uid), { signal: cancellationSignal() });
          if (holds(now, body)) return 'unchanged';
        }
        let assigned: boolean;
        try {
          const task = await tasks.write({ uid, kind: 'update', body });
          // Taken without a word is not the same as done: the answer shows whose the task is now.
          assigned = task.assignee?.email ? holds(task, body) : task.assignee_uid !== null;
        } catch (error) {
          if (!isRefusal(error)) throw error;
          assigned = false;
        }
        if (!assigned) await tasks.unassign(uid);
        const unknown = ` (It is unassigned: Fragment does not give tasks to ${email}.)`;
        await tasks.remark(uid, input.comment + (assigned ? '' : unknown));
        return assigned ? 'assigned' : 'unassigned';
      });
    },

    /** Moves the due date of a task, and answers what Fragment has made of it. */
    setTaskDue(input: { uid: string; due: string }): Promise<string | undefined> {
      return orFailure(async () => {
        const task = await tasks.write({ uid: input.uid, kind: 'update', body: { due_at: input.due } });
        return task.due_at ?? undefined;
      });
    },

    /** Brings an archived task back before people, saying why. */
    unarchiveTask(input: { uid: string; comment: string }): Promise<void> {
      return orFailure(async () => {
        await tasks.write({ uid: input.uid, kind: 'update', body: { archived: false } });
        await tasks.remark(input.uid, input.comment);
      });
    },

    /** The task as it stands now, one request; null where it no longer exists, `absent` where it is archived. */
    readTask(input: { uid: string; process: string; step: string }): Promise<TaskNews | null> {
      return orFailure(async () => {
        try {
          return taskNews(
            await gateway.request(() => client.getTask(input.uid), { signal: cancellationSignal() }),
            parseAnswer,
            input,
          );
        } catch (error) {
          if (isGone(error)) return null;
          throw error;
        }
      });
    },
  };
}

/** For the step before: the process has asked for the next one since. */
function wasDoneBefore({ done_at: doneAt }: Task): boolean {
  return Date.parse(doneAt ?? '') < activityInfo().scheduledTimestampMs;
}

function notOpenedAgain(uid: string): FragmentRejectedError {
  const remedy = 'a process with one task for all steps needs that; start it with a task per step';
  return new FragmentRejectedError(`Fragment does not open a task again: ${remedy}`, `PATCH /tasks/${uid}`, 200);
}

async function allSettled<T>(work: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

export type TaskActivities = ReturnType<typeof createTaskActivities>;
