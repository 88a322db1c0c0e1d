import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { FragmentClient } from '../fragment/client.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Write } from '../fragment/pending-write.js';
import type { Task } from '../fragment/schema.js';
import type { OwnCompletions } from './own-completions.js';
import { holds } from './task-content.js';

/** The ways in which activities write to tasks: each may be repeated, as Temporal repeats activities. */
export class TaskWriter {
  private nullsRefused = false;

  constructor(
    private readonly gateway: Gateway,
    private readonly client: FragmentClient,
    private readonly own?: OwnCompletions,
  ) {}

  /** A write that may have been applied before is sent again only where the task does not hold what it says. */
  async write(intent: Write): Promise<Task> {
    const stillNeeded = (task: Task | undefined) => !holds(task, intent.body);
    const unsure = intent.unsure || activityInfo().attempt > 1;
    const whole = intent.kind === 'update' ? { stillNeeded, ...intent, unsure } : { ...intent, unsure };
    const task = await this.gateway.write(whole, cancellationSignal());
    if (intent.body.status === 'DONE') this.own?.note(task);
    return task;
  }

  /** Whether null unassigns a task is not documented: a server that refuses it is asked without, from then on. */
  async writeUnassigned(intent: Write): Promise<Task> {
    if (!this.nullsRefused) {
      try {
        return await this.write({ ...intent, body: { ...intent.body, assignee_uid: null } });
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    const task = await this.write(intent);
    this.nullsRefused = true;
    return task;
  }

  /** Whether null unassigns is not documented; a task that keeps its person is no reason to fail. */
  async unassign(uid: string): Promise<void> {
    try {
      await this.write({ uid, kind: 'update', body: { assignee_uid: null } });
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
    }
  }

  async comment(uid: string, text: string): Promise<void> {
    const send = () => this.client.postComment(uid, text);
    await this.gateway.request(send, { lane: 'comment', signal: cancellationSignal() });
  }

  /** What was done to a task must not count as refused because of a comment beside it. */
  async remark(uid: string, text: string | undefined): Promise<void> {
    if (!text) return;
    try {
      await this.comment(uid, text);
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      log.warn('Fragment refused a comment', { uid, status: error.status });
    }
  }
}

/** Fragment said no, or would. A task that is gone is another matter. */
export function isRefusal(error: unknown): boolean {
  return error instanceof FragmentRejectedError && error.status !== 404;
}

export function isGone(error: unknown): boolean {
  return error instanceof FragmentRejectedError && error.status === 404;
}
