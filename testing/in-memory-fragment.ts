/**
 * A Fragment without HTTP, for tests under time skipping: a request that waits on the real clock would hold up, or miss,
 * a clock that jumps. It stands in for the gateway and the client alone; the activities above it are the real ones.
 */
import { createTaskActivities, type ParseAnswer, type TaskActivities } from '../activities/index.js';
import { taskNews, type TaskNews } from '../activities/task-news.js';
import type { FragmentClient } from '../fragment/client.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Write } from '../fragment/pending-write.js';
import type { Task, TaskStatus } from '../fragment/schema.js';
import { formKeysOf, parseAnswerOf, type ProcessDefinition } from '../worker/process-definition.js';

/** One call of an activity. */
export interface Call {
  activity: string;
  /** Its first argument, which is the only one of those that the kit brings. */
  input: Record<string, unknown>;
  args: readonly unknown[];
}

/** Runs before an activity's work: throws to make it fail, waits to hold it up, acts as a person who is quick. */
export type Interference = (call: Call) => unknown;

export interface MemoryTask extends Task {
  status: TaskStatus;
  fields: Record<string, unknown>;
  comments: string[];
  /** Every status it has had, in order. */
  statuses: TaskStatus[];
  /** A person took it up again after it was DONE, and nothing was written since. */
  reopened?: boolean;
}

/** A task that was DONE, and was made to be less by a process, not as a move to another step. */
export interface StepBack {
  task: MemoryTask;
  to: TaskStatus;
}

export class InMemoryFragment {
  readonly tasks = new Map<string, MemoryTask>();
  readonly calls: Call[] = [];
  readonly stepsBack: StepBack[] = [];
  private readonly before: Interference[] = [];
  private readonly after: Interference[] = [];

  private readonly parseAnswer: ParseAnswer;
  readonly activities: TaskActivities;

  constructor(processes: readonly ProcessDefinition[]) {
    this.parseAnswer = parseAnswerOf(processes);
    this.activities = this.recorded(
      createTaskActivities({
        gateway: {
          write: (write: Write) => settled(() => this.write(write)),
          request: (send: () => Promise<unknown>) => send(),
        } as unknown as Gateway,
        client: {
          getTask: (uid: string) => settled(() => this.get(uid)),
          postComment: (uid: string, text: string) => settled(() => void this.get(uid).comments.push(text)),
        } as unknown as FragmentClient,
        parseAnswer: this.parseAnswer,
        formKeys: formKeysOf(processes),
      }),
    );
  }

  /** Wraps any activities so that their calls are recorded and interfered with. */
  recorded<T extends object>(activities: T): T {
    const wrapped = Object.entries(activities as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
      ([activity, perform]) => [
        activity,
        async (...args: unknown[]) => {
          const call = { activity, input: args[0] as Record<string, unknown>, args };
          this.calls.push(call);
          for (const interfere of [...this.before]) await interfere(call);
          const result = await perform(...args);
          for (const interfere of [...this.after]) await interfere(call);
          return result;
        },
      ],
    );
    return Object.fromEntries(wrapped) as T;
  }

  /** Answers the function that ends it. */
  beforeEach(interfere: Interference): () => void {
    this.before.push(interfere);
    return () => void this.before.splice(this.before.indexOf(interfere), 1);
  }

  /** What has been done is done by then; a throw is an answer that got lost. */
  afterEach(interfere: Interference): () => void {
    this.after.push(interfere);
    return () => void this.after.splice(this.after.indexOf(interfere), 1);
  }

  /** The tasks of a process. */
  of(workflowId: string): MemoryTask[] {
    return [...this.tasks.values()].filter(({ fields }) => fields.workflow_id === workflowId);
  }

  open(workflowId: string): MemoryTask[] {
    return this.of(workflowId).filter(({ status }) => status !== 'DONE');
  }

  get(uid: string): MemoryTask {
    const task = this.tasks.get(uid);
    if (!task) throw new FragmentRejectedError(`Fragment answered 404 to ${uid}`, `GET /tasks/${uid}`, 404);
    return task;
  }

  /** What a person does to a task, by any of its keys. */
  change(
    uid: string,
    change: Partial<Pick<MemoryTask, 'status' | 'fields' | 'form_data' | 'assignee_uid' | 'due_at'>>,
  ): MemoryTask {
    const task = this.get(uid);
    if (change.status) task.reopened = task.status === 'DONE' && change.status !== 'DONE';
    Object.assign(task, change, { fields: { ...task.fields, ...change.fields } });
    if (change.status) task.statuses.push(change.status);
    return task;
  }

  /** The task as the change feed would tell of it now. */
  news(uid: string): TaskNews {
    return taskNews(this.get(uid), this.parseAnswer);
  }

  private write({ uid, kind, body, unsure, stillNeeded }: Write): Task {
    const there = this.tasks.get(uid);
    if (!there && kind === 'update') return this.get(uid);
    const superfluous = unsure && there && (stillNeeded ? !stillNeeded(there) : kind === 'create');
    if (superfluous) return structuredClone(there);
    const { fields, form_data, status, ...rest } = body;
    const task = there ?? { uid, status: status ?? 'TODO', fields: {}, comments: [], statuses: [status ?? 'TODO'] };
    if (there && status && status !== there.status) there.statuses.push(status);
    if (there?.status === 'DONE' && status && status !== 'DONE' && !fields) {
      this.stepsBack.push({ task: structuredClone(there), to: status });
    }
    Object.assign(task, rest, status ? { status, reopened: false } : {});
    task.fields = { ...task.fields, ...fields };
    if (form_data) task.form_data = { ...task.form_data, ...form_data };
    this.tasks.set(uid, task);
    return structuredClone(task);
  }
}

/** A call that throws becomes a promise that rejects, as a request's would. */
async function settled<T>(work: () => T): Promise<T> {
  return work();
}
