import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo, type CancellationScope } from '@temporalio/workflow';
import type { TaskContent } from '../../activities/task-requests.js';
import type { TaskActivities } from '../../activities/tasks.js';
import { taskKey, type Lifecycle, type StepState, type TaskNews } from './contract.js';
import { dueAt } from './deadline.js';
import { fragmentActivity } from './fragment-activities.js';
import { stepName, type PersonStep } from './step.js';

export interface FragmentTaskOptions {
  /** Named in the tasks' fields and by the answer schemas. */
  process: string;
  /** Tasks are identified by `<key>#<step>#<round>`, or by `<key>` alone where one task serves all steps. */
  key: string;
  lifecycle: Lifecycle;
  /** The Fragment account that holds them; absent: the default one. */
  account?: string;
}

type Status = 'TODO' | 'STARTED' | 'DONE';

/**
 * The Fragment task that holds the current step, whichever lifecycle. Its changes are shielded from cancellation: one whose
 * outcome is not known could leave a task open.
 */
export class FragmentTask {
  private uid?: string;
  /** To whom a task was last given by us, and so, unless somebody took it since, whose it is. */
  private readonly givenTo = new Map<string, string>();
  readonly created: string[] = [];
  private readonly activities;
  /** What was last written of the current task; undefined before the first. */
  content?: TaskContent & { due: string };
  /** What Fragment has made of the due date that was last written: it may round. */
  dueAnswered?: string;

  /** `refused` is told of a change that Fragment refuses for good: the process goes on without it. */
  constructor(
    private readonly options: FragmentTaskOptions,
    private readonly shield: CancellationScope,
    private readonly refused: (state: StepState, error: unknown) => void,
  ) {
    this.activities = proxyActivities<TaskActivities>(fragmentActivity(options.account));
  }

  /**
   * Opens the step's task, or moves the single one to it: with `DONE` a machine's finished step is on record with one
   * write. @throws what `isRejected` tells from all else.
   */
  open(spec: PersonStep, status: Status, comment?: string): Promise<TaskNews> {
    return this.shield.run(() => this.opened(spec, status, comment));
  }

  /** A machine has done the step: the task that shows it is closed, or made as one that is DONE. */
  async finish(spec: PersonStep, state: StepState): Promise<void> {
    if (state.uid) return this.settle(state);
    const news = await this.tolerant(state, () => this.opened(spec, 'DONE'));
    if (news) state.uid = news.uid;
  }

  /** Gives people back a task that was taken away under them: made anew under its uid, or taken out of the archive. */
  restore(spec: PersonStep, state: StepState, absent: 'deleted' | 'archived'): Promise<void> {
    const comment = `This task was ${absent} while its process waits for it, so it is open again.`;
    const summary = `take task out of the archive: ${stepName(spec)}`;
    return this.tolerant(state, async () => {
      if (absent === 'deleted') this.dueAnswered = (await this.create(spec, 'TODO', comment, state.due)).due;
      else await this.activities.unarchiveTask.executeWithOptions({ summary }, [{ uid: state.uid as string, comment }]);
    });
  }

  /**
   * As it stands in Fragment, as news of this step, whatever step its fields name by now: people edit them. Null where it no
   * longer exists; undefined where Fragment refuses to show it, and what is known has to do.
   */
  async read(spec: PersonStep, state: StepState): Promise<TaskNews | null | undefined> {
    const { process } = this.options;
    const summary = `read task: ${stepName(spec)}`;
    const task = { uid: state.uid as string, process, step: spec.step };
    const news = await this.unlessRefused(state, () =>
      this.activities.readTask.executeWithOptions({ summary }, [task]),
    );
    return news && { ...news, step: spec.step, round: spec.round };
  }

  /** From people, for a machine; answers the task as it stands, which may be done. Undefined where Fragment refuses. */
  take(spec: PersonStep, state: StepState, comment: string): Promise<TaskNews | null | undefined> {
    const { process } = this.options;
    const task = { uid: state.uid as string, process, step: spec.step, comment };
    const summary = `take task from people: ${stepName(spec)}`;
    return this.tolerant(state, () => this.activities.takeTask.executeWithOptions({ summary }, [task]));
  }

  async close(state: StepState, comment?: string): Promise<void> {
    const { uid } = state;
    if (!uid) return;
    await this.shield.run(() =>
      this.activities.closeTask.executeWithOptions({ summary: `close task: ${stepName(state)}` }, [{ uid, comment }]),
    );
  }

  /** Closes a task that has served its purpose; where Fragment refuses, that is put on record. */
  settle(state: StepState, comment?: string): Promise<void> {
    return this.tolerant(state, () => this.close(state, comment));
  }

  /**
   * To people: a machine's task that was STARTED, or one whose completion (`doneAt`) is none. False where it is not theirs:
   * Fragment refused, or has left the task as it was.
   */
  async handBack(state: StepState, from: Status, comment: string, doneAt?: string): Promise<boolean> {
    const change = { uid: state.uid as string, from, to: 'TODO' as const, comment, ...(doneAt ? { doneAt } : {}) };
    const summary = `set task to TODO: ${stepName(state)}`;
    const theirs = await this.tolerant(state, async () => {
      // Answers in the oldest histories are empty.
      return (await this.activities.setTaskStatus.executeWithOptions({ summary }, [change])) ?? true;
    });
    return theirs ?? false;
  }

  comment(state: StepState, comment: string): Promise<void> {
    return this.tolerant(state, () =>
      this.activities.commentOnTask.executeWithOptions({ summary: `comment on task: ${stepName(state)}` }, [
        { uid: state.uid as string, comment },
      ]),
    );
  }

  /**
   * False where the task is that person's already, or Fragment refused. Whom Fragment does not know gets no task: a comment
   * says so.
   */
  async reassign(state: StepState, email: string, comment: string): Promise<boolean> {
    const uid = state.uid as string;
    const change = { uid, email, comment, look: this.givenTo.get(uid) === email };
    const summary = `reassign task: ${stepName(state)}`;
    const outcome = await this.tolerant(state, () =>
      this.activities.reassignTask.executeWithOptions({ summary }, [change]),
    );
    if (outcome) this.givenTo.set(uid, email);
    return outcome !== undefined && outcome !== 'unchanged';
  }

  setDue(state: StepState): Promise<void> {
    const change = { uid: state.uid as string, due: state.due as string };
    if (this.content) this.content.due = change.due;
    return this.tolerant(state, async () => {
      const summary = `move due date: ${stepName(state)}`;
      this.dueAnswered = await this.activities.setTaskDue.executeWithOptions({ summary }, [change]);
    });
  }

  private async opened(spec: PersonStep, status: Status, comment?: string): Promise<TaskNews> {
    const move = this.options.lifecycle === 'single-task' && this.uid !== undefined;
    const news = move ? await this.moveOrCreate(spec, status, comment) : await this.create(spec, status, comment);
    this.uid = news.uid;
    this.dueAnswered = news.due;
    if (!this.created.includes(news.uid)) this.created.push(news.uid);
    return news;
  }

  /** With `due`, a task that is made anew is due when the one before was. */
  private create(spec: PersonStep, status: Status, comment?: string, due?: string): Promise<TaskNews> {
    const { key, lifecycle } = this.options;
    const { runId, firstExecutionRunId } = workflowInfo();
    const task = {
      ...this.contentOf(spec, comment, due),
      key: taskKey(key, lifecycle, spec.step, spec.round),
      // Unsaid, it is TODO, and a task that people have moved already stays as they left it.
      ...(status === 'TODO' ? {} : { status }),
      mayExist: runId !== firstExecutionRunId,
    };
    const summary = `open task: ${stepName(spec)}`;
    return this.activities.openTask.executeWithOptions({ summary }, [task]);
  }

  /** A single task that was deleted between two steps is made anew for the next. */
  private async moveOrCreate(spec: PersonStep, status: Status, comment?: string): Promise<TaskNews> {
    try {
      return await this.move(spec, status, comment);
    } catch (error) {
      if (failureType(error) !== 'FragmentNotFound') throw error;
      return this.create(spec, status, comment);
    }
  }

  private move(spec: PersonStep, status: Status, comment?: string): Promise<TaskNews> {
    const task = { ...this.contentOf(spec, comment), uid: this.uid as string, status };
    const summary = `move task on: ${stepName(spec)}`;
    return this.activities.moveTask.executeWithOptions({ summary }, [task]);
  }

  private contentOf({ step, round, title, fields, deadline }: PersonStep, comment?: string, due?: string) {
    const { process } = this.options;
    this.content = {
      process,
      step,
      round,
      fields: { ...fields, title, process, step, round, workflow_id: workflowInfo().workflowId },
      due: due ?? dueAt(deadline, Date.now()),
    };
    return { ...this.content, ...(comment ? { comment } : {}) };
  }

  private tolerant<T>(state: StepState, change: () => Promise<T>): Promise<T | undefined> {
    return this.unlessRefused(state, () => this.shield.run(change));
  }

  private async unlessRefused<T>(state: StepState, request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (error) {
      if (!isRejected(error)) throw error;
      this.refused(state, error);
      return undefined;
    }
  }
}

/** Fragment refused the request itself; everything else passes, and is waited for. */
export function isRejected(error: unknown): boolean {
  return ['FragmentRejected', 'FragmentNotFound'].includes(failureType(error) ?? '');
}

/** The type that an activity named as it failed for good; undefined for any other error. */
export function failureType(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
}
