import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { mapBounded } from './bounded.js';
import type { ExpectedTasks, Owner } from './drift.js';

export interface HoldingProcess {
  workflowId: string;
  answer: { expects: ExpectedTasks } | { silent: string };
}

/** A query replays a process that is not in a worker's cache: enough at once to keep two workers busy, no more. */
const AT_ONCE = 20;
const ANSWER_MS = 10_000;
const HOLDING = "ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL";

/** Asks processes what they expect. Temporal's list only says whom to ask: it may be behind. */
export class RunningProcesses {
  constructor(private readonly temporal: Client) {}

  /** One page of the processes that hold a task, each asked. `next` is absent on the last page. */
  async page(size: number, after?: string): Promise<{ processes: HoldingProcess[]; next?: string }> {
    const { namespace } = this.temporal.options;
    const page = await this.temporal.workflowService.listWorkflowExecutions({
      namespace,
      query: HOLDING,
      pageSize: size,
      nextPageToken: after ? Buffer.from(after, 'base64') : undefined,
    });
    const ids = page.executions.flatMap(({ execution }) => execution?.workflowId ?? []);
    const processes = await mapBounded(ids, AT_ONCE, async (workflowId) => ({
      workflowId,
      answer: await this.query(workflowId),
    }));
    const next = Buffer.from(page.nextPageToken ?? []).toString('base64');
    return { processes, ...(next ? { next } : {}) };
  }

  /** Which of these tasks the list knows a running process to wait for. */
  async awaited(uids: readonly string[]): Promise<Set<string>> {
    if (uids.length === 0) return new Set();
    const query = `${HOLDING} AND FragmentTasks IN (${uids.map((uid) => `'${uid}'`).join(', ')})`;
    const awaited = new Set<string>();
    for await (const { searchAttributes } of this.temporal.workflow.list({ query })) {
      for (const uid of (searchAttributes.FragmentTasks ?? []) as string[]) awaited.add(uid);
    }
    return awaited;
  }

  /** Each process as it is now, one question for each however often it is named. */
  async owners(workflowIds: readonly string[]): Promise<Map<string, Owner>> {
    const ids = [...new Set(workflowIds)];
    const owners = await mapBounded(ids, AT_ONCE, (workflowId) => this.owner(workflowId));
    return new Map(ids.map((id, index) => [id, owners[index] as Owner]));
  }

  private async owner(workflowId: string): Promise<Owner> {
    try {
      const { status } = await this.temporal.workflow.getHandle(workflowId).describe();
      if (status.name !== 'RUNNING') return { state: 'ended', how: status.name.toLowerCase() };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { state: 'not found' };
      throw error;
    }
    const answer = await this.query(workflowId);
    return 'silent' in answer ? { state: 'silent', why: answer.silent } : { state: 'running', ...answer };
  }

  /** A process that cannot answer (no worker, an older build, a stuck replay) costs the others nothing. */
  private async query(workflowId: string): Promise<{ expects: ExpectedTasks } | { silent: string }> {
    const handle = this.temporal.workflow.getHandle(workflowId);
    try {
      return {
        expects: await this.temporal.withDeadline(Date.now() + ANSWER_MS, () =>
          handle.query<ExpectedTasks>('expectedTasks'),
        ),
      };
    } catch (error) {
      return { silent: error instanceof Error ? error.message.slice(0, 200) : String(error) };
    }
  }
}
