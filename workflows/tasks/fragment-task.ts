import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TaskActivities, TaskContent } from '../../activities/tasks.js';
import { FRAGMENT_QUEUE, taskKey, type Lifecycle, type StepState, type TaskNews } from './contract.js';
import { durationMs } from './deadline.js';
import type { PersonStep } from './step.js';

export interface FragmentTaskOptions {
  /** Named in the tasks' fields and by the answer schemas. */
  process: string;
  /** Tasks are identified by `<key>#<step>#<round>`, or by `<key>` alone where one task serves all steps. */
  key: string;
  lifecycle: Lifecycle;
}

type Status = 'TODO' | 'STARTED' | 'DONE';

const activities = proxyActivities<TaskActivities>({
  taskQueue: FRAGMENT_QUEUE,
  // A write waits in the gateway for its turn, and through a pause of a minute after a 429.
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * The Fragment task that holds the current step, whichever lifecycle. Its changes are shielded from cancellation: one whose
 * outcome is not known could leave a task open.
 */
export class FragmentTask {
  private uid?: string;
  readonly created: string[] = [];
  /** What was last written of the current task; undefined before the first. */
  content?: TaskContent & { due: string };

  /** `refused` is told of a change that Fragment refuses for good: the process goes on without it. */
  constructor(
    private readonly options: FragmentTaskOptions,
    private readonly refused: (state: StepState, error: unknown) => void,
  ) {}

  /** Opens the step's task, or moves the single one to it. @throws what `isRejected` tells from all else. */
  async open(spec: PersonStep, status: 'TODO' | 'STARTED'): Promise<TaskNews> {
    const news = await CancellationScope.nonCancellable(() => this.openOrMove(spec, status));
    this.uid = news.uid;
    if (!this.created.includes(news.uid)) this.created.push(news.uid);
    return news;
  }

  /** As it stands in Fragment, its answer read by the schema of this step; null where it no longer exists. */
  read({ step, round }: PersonStep, { uid }: StepState): Promise<TaskNews | null> {
    const { process } = this.options;
    return activities.readTask.executeWithOptions({ summary: `read task ${step} ${round}` }, [
      { uid: uid as string, process, step },
    ]);
  }

  async close({ uid, step, round }: StepState, comment?: string): Promise<void> {
    if (!uid) return;
    await CancellationScope.nonCancellable(() =>
      activities.closeTask.executeWithOptions({ summary: `close task ${step} ${round}` }, [{ uid, comment }]),
    );
  }

  /** Closes a task that has served its purpose; where Fragment refuses, that is put on record. */
  settle(state: StepState, comment?: string): Promise<void> {
    return this.tolerant(state, () => this.close(state, comment));
  }

  setStatus(state: StepState, from: Status, to: Status, comment?: string): Promise<void> {
    const change = { uid: state.uid as string, from, to, comment };
    return this.tolerant(state, () =>
      activities.setTaskStatus.executeWithOptions({ summary: `${state.step}: back to ${to}` }, [change]),
    );
  }

  comment(state: StepState, comment: string): Promise<void> {
    return this.tolerant(state, () =>
      activities.commentOnTask.executeWithOptions({ summary: 'comment' }, [{ uid: state.uid as string, comment }]),
    );
  }

  reassign(state: StepState, email: string, comment: string): Promise<void> {
    const change = { uid: state.uid as string, email, comment };
    return this.tolerant(state, () =>
      activities.reassignTask.executeWithOptions({ summary: `escalate ${state.step}` }, [change]),
    );
  }

  private openOrMove(spec: PersonStep, status: 'TODO' | 'STARTED'): Promise<TaskNews> {
    const { process, key, lifecycle } = this.options;
    const { step, round } = spec;
    const { workflowId, runId, firstExecutionRunId } = workflowInfo();
    const fields = { ...spec.fields, title: spec.title, process, step, round, workflow_id: workflowId };
    const due = new Date(Date.now() + durationMs(spec.deadline.due)).toISOString();
    const content = { process, step, round, fields, due };
    this.content = content;
    if (lifecycle === 'single-task' && this.uid) {
      return activities.moveTask.executeWithOptions({ summary: `move task to ${step} ${round}` }, [
        { ...content, uid: this.uid, status },
      ]);
    }
    return activities.openTask.executeWithOptions({ summary: `open task ${step} ${round}` }, [
      {
        ...content,
        key: taskKey(key, lifecycle, step, round),
        ...(status === 'STARTED' ? { status } : {}),
        mayExist: runId !== firstExecutionRunId,
      },
    ]);
  }

  private async tolerant(state: StepState, change: () => Promise<void>): Promise<void> {
    try {
      await CancellationScope.nonCancellable(change);
    } catch (error) {
      if (!isRejected(error)) throw error;
      this.refused(state, error);
    }
  }
}

/** Fragment refused the request itself; everything else passes, and is waited for. */
export function isRejected(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && ['FragmentRejected', 'FragmentNotFound'].includes(cause.type ?? '');
}
