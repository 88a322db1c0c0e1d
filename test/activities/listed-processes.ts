/** The parts of Temporal's client that the activities on all processes use: its list, in pages as Temporal gives it, and each process. */
import type { Client } from '@temporalio/client';
import { ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { defaultDataConverter, defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { temporal as proto } from '@temporalio/proto';
import type { TaskNews } from '../../activities/task-news.js';

export class ListedProcesses {
  /** uid -> workflow id, as Temporal lists it. */
  readonly awaited = new Map<string, string>();
  /** The account in the memo of a process; one that is not in here is the default account's. */
  readonly accounts = new Map<string, string>();
  readonly told: { workflowId: string; news: TaskNews }[] = [];
  readonly gone = new Set<string>();
  /** Workflow ids that Temporal takes for none, as it does the empty one. */
  readonly refused = new Set<string>();
  /** Processes listed so far, and the pages that they came in. */
  listed = 0;
  pages = 0;

  readonly client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    options: { namespace: 'default', loadedDataConverter: defaultDataConverter },
    workflowService: { listWorkflowExecutions: (asked: ListRequest) => this.page(asked) },
    workflow: {
      getHandle: (workflowId: string) => ({
        signal: async (_: string, news: TaskNews) => this.tell(workflowId, news),
        query: async () => ({ moving: false, closed: [] }),
      }),
    },
  } as unknown as Client;

  private async page({ query, pageSize, nextPageToken }: ListRequest) {
    // A test of who asks for ever ends by its time-out.
    await new Promise(setImmediate);
    // As Temporal does with a quote too many.
    if (query.split("'").length % 2 === 0) throw new Error(`invalid query: ${query}`);
    const asked = query.includes('FragmentTasks IN') ? query : undefined;
    const all = [...this.awaited].filter(([uid]) => asked?.includes(`'${uid}'`) ?? true);
    const from = Number(Buffer.from(nextPageToken ?? []).toString() || 0);
    // As server 1.32 does of a token that it did not make.
    if (Number.isNaN(from)) throw refusal(2).cause;
    const some = all.slice(from, from + pageSize);
    const next = from + some.length;
    this.listed += some.length;
    this.pages += 1;
    return {
      executions: some.map(([uid, workflowId]) => execution(uid, workflowId, this.accounts.get(workflowId))),
      nextPageToken: next < all.length ? Buffer.from(String(next)) : new Uint8Array(),
    };
  }

  private tell(workflowId: string, news: TaskNews): void {
    if (workflowId === '' || this.refused.has(workflowId)) throw refusal(3);
    if (/\p{Surrogate}/u.test(workflowId)) throw refusal(13);
    if (this.gone.has(workflowId)) throw new WorkflowNotFoundError('gone', workflowId, undefined);
    this.told.push({ workflowId, news });
  }
}

interface ListRequest {
  query: string;
  pageSize: number;
  nextPageToken?: Uint8Array;
}

/** As server 1.31 answers: INVALID_ARGUMENT (3) to an empty id, INTERNAL (13) to one that is no UTF-8. */
function refusal(code: number): ServiceError {
  const cause = Object.assign(new Error(`gRPC ${code}`), { code, details: '', metadata: {} });
  return new ServiceError('Failed to signal Workflow', { cause });
}

/** One of Temporal's list. */
function execution(uid: string, workflowId: string, account?: string) {
  return proto.api.workflow.v1.WorkflowExecutionInfo.fromObject({
    execution: { workflowId, runId: 'run' },
    type: { name: 'claim' },
    status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
    startTime: msToTs(0),
    memo: { fields: account ? { account: defaultPayloadConverter.toPayload(account) } : {} },
    searchAttributes: { indexedFields: { FragmentTasks: defaultPayloadConverter.toPayload([uid]) } },
  });
}
