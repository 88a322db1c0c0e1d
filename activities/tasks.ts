import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task, TaskStatus, TaskWrite } from '../fragment/schema.js';
import { taskUid } from '../fragment/uid.js';
import type { Write } from '../fragment/pending-write.js';
import { orFailure } from './failures.js';
import { taskNews, type ParseAnswer, type TaskNews } from './task-news.js';

/** The step that a task stands for. All fields are sent each time, so merging and replacing servers agree. */
export interface TaskContent {
  process: string;
  step: string;
  round: number;
  fields: Record<string, unknown>;
  /** ISO 8601 in UTC. */
  due?: string;
}

export interface OpenTask extends TaskContent {
  /** Invariant: the uid is made from it. */
  key: string;
  /** `STARTED` keeps people from taking a task that a machine works on. */
  status?: TaskStatus;
  /** The workflow was reset, so an earlier run may have made the task. */
  mayExist?: boolean;
}

export interface MoveTask extends TaskContent {
  uid: string;
  status?: TaskStatus;
}

export interface TaskActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  parseAnswer: ParseAnswer;
}

/** No key of an earlier answer may count for the next step. Nulls clear it whether the server merges or replaces. */
const CLEARED_ANSWER = { decision: null, note: null, reference: null, corrections: null };

/**
 * What a process does to its tasks. Each write is safe to repeat: Temporal may run an activity again after a crash, and
 * then the task is looked at first, so that nothing a person did meanwhile is undone.
 *
 * Failures: FragmentRejected and FragmentNotFound end the activity; everything else is retried.
 */
export function createTaskActivities({ gateway, client, parseAnswer }: TaskActivityOptions) {
  let nullsRefused = false;

  const write = (intent: Write): Promise<Task> =>
    gateway.write({ ...intent, unsure: intent.unsure || activityInfo().attempt > 1 }, cancellationSignal());

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

  const comment = (uid: string, text: string | undefined) =>
    text
      ? gateway.request(() => client.postComment(uid, text), { lane: 'comment', signal: cancellationSignal() })
      : Promise.resolve();

  return {
    /** Creates the task, or meets the one that is already there, with its answer where it is DONE. */
    openTask(input: OpenTask): Promise<TaskNews> {
      return orFailure(async () => {
        const body: TaskWrite = { fields: input.fields };
        if (input.due) body.due_at = input.due;
        // Without a status a new task is TODO, and one that a person has moved keeps the status it has.
        if (input.status) body.status = input.status;
        const uid = taskUid(input.key);
        return taskNews(await write({ uid, kind: 'create', body, unsure: input.mayExist }), parseAnswer, input);
      });
    },

    /** Takes the single task to another step: unassigned, with no trace of the last answer. */
    moveTask(input: MoveTask): Promise<TaskNews> {
      return orFailure(async () => {
        const body: TaskWrite = { fields: input.fields, status: input.status ?? 'TODO', form_data: CLEARED_ANSWER };
        if (input.due) body.due_at = input.due;
        const at = (task: Task | undefined) =>
          task?.fields?.step === input.step && Number(task.fields.round) === input.round;
        const intent: Write = { uid: input.uid, kind: 'update', body, stillNeeded: (task) => !at(task) };
        return taskNews(await writeUnassigned(intent), parseAnswer, input);
      });
    },

    /** Gives a task to a person, or takes it from people, saying why: `from` is the status that it has until then. */
    setTaskStatus(input: { uid: string; from: TaskStatus; to: TaskStatus; comment?: string }): Promise<void> {
      return orFailure(async () => {
        const stillNeeded = (task: Task | undefined) => task?.status === input.from;
        await write({ uid: input.uid, kind: 'update', body: { status: input.to }, stillNeeded });
        await comment(input.uid, input.comment);
      });
    },

    /** Closes a task as DONE; a task that is gone counts as closed. */
    closeTask(input: { uid: string; comment?: string }): Promise<void> {
      return orFailure(async () => {
        try {
          await write({ uid: input.uid, kind: 'update', body: { status: 'DONE' } });
          await comment(input.uid, input.comment);
        } catch (error) {
          if (!(error instanceof FragmentRejectedError && error.status === 404)) throw error;
          log.info('the task to close no longer exists', { uid: input.uid });
        }
      });
    },

    commentOnTask(input: { uid: string; comment: string }): Promise<void> {
      return orFailure(() => comment(input.uid, input.comment));
    },

    /** Where Fragment does not take the assignee, the task stays as it is and the comment says so. */
    reassignTask(input: { uid: string; email: string; comment: string }): Promise<void> {
      return orFailure(async () => {
        let text = input.comment;
        try {
          await write({ uid: input.uid, kind: 'update', body: { assignee_email: input.email } });
        } catch (error) {
          if (!(error instanceof FragmentRejectedError)) throw error;
          text += ` (It could not be assigned to ${input.email}: Fragment refused.)`;
        }
        await comment(input.uid, text);
      });
    },

    /** The task as it stands now, one request; null where it no longer exists. */
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

export type TaskActivities = ReturnType<typeof createTaskActivities>;
