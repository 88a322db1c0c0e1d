import { setMaxListeners } from 'node:events';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task, TaskStatus, TaskWrite } from '../fragment/schema.js';
import { taskUid } from '../fragment/uid.js';
import type { Write } from '../fragment/pending-write.js';
import { orFailure, toFailure } from './failures.js';
import { holds } from './task-content.js';
import { taskNews, type ParseAnswer, type TaskNews } from './task-news.js';

/** The step that a task stands for. All fields are sent each time, so merging and replacing servers agree. */
export interface TaskContent {
  process: string;
  step: string;
  round: number;
  fields: Record<string, unknown>;
  /** ISO 8601 in UTC. */
  due?: string;
  /** Said to the people who get the task. */
  comment?: string;
}

export interface OpenTask extends TaskContent {
  /** Invariant: the uid is made from it. */
  key: string;
  /** `STARTED` keeps people from taking a task that a machine works on; `DONE` records what a machine has done. */
  status?: TaskStatus;
  /** The workflow was reset, so an earlier run may have made the task. */
  mayExist?: boolean;
}

export interface MoveTask extends TaskContent {
  uid: string;
  status?: TaskStatus;
}

/** A task that is created and forgotten, or brought to what is said of it here. */
export interface UpsertTask {
  /** Invariant: the uid is made from it. */
  key: string;
  fields: Record<string, unknown>;
  due?: string;
}

export interface UpsertedTask {
  uid: string;
  /** Why Fragment does not take it. Absent where the task is there, as it should be. */
  refused?: string;
}

export interface ReassignTask {
  uid: string;
  email: string;
  comment: string;
  /** The task may be theirs already. */
  look?: boolean;
}

export interface TaskActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  parseAnswer: ParseAnswer;
  /** The keys of `form_data` that a process's own schemas read. */
  formKeys?: (process: string) => readonly string[];
}

/** No key of an earlier answer may count for the next step. Nulls clear it whether the server merges or replaces. */
const CLEARED_ANSWER = { decision: null, note: null, reference: null, corrections: null };

/**
 * What a process does to its tasks. Each write is safe to repeat: Temporal may run an activity again after a crash, and
 * then the task is looked at first, so that nothing a person did meanwhile is undone, as far as Fragment's search is not
 * behind (docs/guarantees.md, "Not held").
 *
 * Failures: FragmentRejected and FragmentNotFound end the activity; everything else is retried.
 */
export function createTaskActivities({ gateway, client, parseAnswer, formKeys = () => [] }: TaskActivityOptions) {
  let nullsRefused = false;

  /** A write that may have been applied before is sent again only where the task does not hold what it says. */
  const write = (intent: Write): Promise<Task> => {
    const stillNeeded = (task: Task | undefined) => !holds(task, intent.body);
    const unsure = intent.unsure || activityInfo().attempt > 1;
    const whole = intent.kind === 'update' ? { stillNeeded, ...intent, unsure } : { ...intent, unsure };
    return gateway.write(whole, cancellationSignal());
  };

  /** Whether null unassigns a task is not documented: a server that refuses it is asked without, from then on. */
  const writeUnassigned = async (intent: Write): Promise<Task> => {
    if (!nullsRefused) {
      try {
        return await write({ ...intent, body: { ...intent.body, assignee_uid: null } });
      } catch (error) {
        if (!(error instanceof FragmentRejectedError) || error.status === 404) throw error;
      }
    }
    const task = await write(intent);
    nullsRefused = true;
    return task;
  };

  /** Whether null unassigns is not documented; a task that keeps its person is no reason to fail. */
  const unassign = async (uid: string): Promise<void> => {
    try {
      await write({ uid, kind: 'update', body: { assignee_uid: null } });
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
    }
  };

  const comment = (uid: string, text: string | undefined) =>
    text
      ? gateway.request(() => client.postComment(uid, text), { lane: 'comment', signal: cancellationSignal() })
      : Promise.resolve();

  /** What was done to a task must not count as refused because of a comment beside it. */
  const remark = async (uid: string, text: string | undefined): Promise<void> => {
    try {
      await comment(uid, text);
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      log.warn('Fragment refused a comment', { uid, status: error.status });
    }
  };

  return {
    /** Creates the task, or meets the one that is already there, with its answer where it is DONE. */
    openTask(input: OpenTask): Promise<TaskNews> {
      return orFailure(async () => {
        const body: TaskWrite = { fields: input.fields };
        if (input.due) body.due_at = input.due;
        // Without a status a new task is TODO, and one that a person has moved keeps the status it has.
        if (input.status) body.status = input.status;
        const uid = taskUid(input.key);
        const task = await write({ uid, kind: 'create', body, unsure: input.mayExist });
        await remark(uid, input.comment);
        return taskNews(task, parseAnswer, input);
      });
    },

    /**
     * Creates many tasks, or brings them to what is said of them: one activity, and as few requests as batches hold. The
     * outcomes come in the order of the tasks; one that Fragment refuses costs only itself. The same key twice is one
     * task, by the last that is said of it.
     */
    upsertTasks(input: { tasks: UpsertTask[]; mayExist?: boolean }): Promise<UpsertedTask[]> {
      return orFailure(async () => {
        const newest = new Map(input.tasks.map((task) => [taskUid(task.key), task]));
        // Each write listens for the cancellation of the activity.
        setMaxListeners(newest.size + 10, cancellationSignal());
        const upserts = [...newest].map(async ([uid, { fields, due }]): Promise<UpsertedTask> => {
          const body: TaskWrite = due ? { fields, due_at: due } : { fields };
          const stillNeeded = (task: Task | undefined) => !holds(task, body);
          try {
            await write({ uid, kind: 'create', body, unsure: input.mayExist, stillNeeded });
            return { uid };
          } catch (error) {
            if (!isRefusal(error)) throw error;
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
        const own = Object.fromEntries(formKeys(input.process).map((key) => [key, null]));
        const body: TaskWrite = {
          fields: input.fields,
          status: input.status ?? 'TODO',
          form_data: { ...CLEARED_ANSWER, ...own },
        };
        if (input.due) body.due_at = input.due;
        /** By an attempt whose answer was lost: people may have done it since. */
        let movedBefore = false;
        const stillNeeded = (task: Task | undefined) => {
          movedBefore = task?.fields?.step === input.step && Number(task.fields.round) === input.round;
          return !movedBefore;
        };
        const task = await writeUnassigned({ uid: input.uid, kind: 'update', body, stillNeeded });
        const done = task.status === 'DONE' && body.status !== 'DONE';
        if (done && (!movedBefore || wasDoneBefore(task))) throw notOpenedAgain(input.uid);
        await remark(input.uid, input.comment);
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
        const task = await write({ uid: input.uid, kind: 'update', body: { status: to }, stillNeeded });
        if (stillNeeded(task)) return false;
        await remark(input.uid, input.comment);
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
          const task = await write({
            uid: input.uid,
            kind: 'update',
            body,
            stillNeeded,
            unsure: true,
            lookAlone: true,
          });
          if (task.status !== 'DONE') await remark(input.uid, input.comment);
          return taskNews(task, parseAnswer, input);
        } catch (error) {
          if (error instanceof FragmentRejectedError && error.status === 404) return null;
          throw error;
        }
      });
    },

    /** Closes a task as DONE; a task that is gone counts as closed. */
    closeTask(input: { uid: string; comment?: string }): Promise<void> {
      return orFailure(async () => {
        try {
          await write({ uid: input.uid, kind: 'update', body: { status: 'DONE' } });
          await remark(input.uid, input.comment);
        } catch (error) {
          if (!(error instanceof FragmentRejectedError && error.status === 404)) throw error;
          log.info('the task to close no longer exists', { uid: input.uid });
        }
      });
    },

    commentOnTask(input: { uid: string; comment: string }): Promise<void> {
      return orFailure(() => comment(input.uid, input.comment));
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
          const task = await write({ uid, kind: 'update', body });
          // Taken without a word is not the same as done: the answer shows whose the task is now.
          assigned = task.assignee?.email ? holds(task, body) : task.assignee_uid !== null;
        } catch (error) {
          if (!isRefusal(error)) throw error;
          assigned = false;
        }
        if (!assigned) await unassign(uid);
        const unknown = ` (It is unassigned: Fragment does not give tasks to ${email}.)`;
        await remark(uid, input.comment + (assigned ? '' : unknown));
        return assigned ? 'assigned' : 'unassigned';
      });
    },

    /** Moves the due date of a task, and answers what Fragment has made of it. */
    setTaskDue(input: { uid: string; due: string }): Promise<string | undefined> {
      return orFailure(async () => {
        const task = await write({ uid: input.uid, kind: 'update', body: { due_at: input.due } });
        return task.due_at ?? undefined;
      });
    },

    /** Brings an archived task back before people, saying why. */
    unarchiveTask(input: { uid: string; comment: string }): Promise<void> {
      return orFailure(async () => {
        await write({ uid: input.uid, kind: 'update', body: { archived: false } });
        await remark(input.uid, input.comment);
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
          if (error instanceof FragmentRejectedError && error.status === 404) return null;
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

/** Fragment said no, or would. A task that is gone is another matter. */
function isRefusal(error: unknown): boolean {
  return error instanceof FragmentRejectedError && error.status !== 404;
}

export type TaskActivities = ReturnType<typeof createTaskActivities>;
