import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { mapBounded } from './bounded.js';
import type { ExpectedTasks, Owner } from './drift.js';
import type { AwaitedTasks } from './feed-turn.js';

export interface HoldingProcess {
  workflowId: string;
  answer: { expects: ExpectedTasks } | { silent: string };
}

interface ListedProcess {
  workflowId: string;
  uids: string[];
}

/** A query replays a process that is not in a worker's cache: enough at once to keep two workers busy, no more. */
const AT_ONCE = 20;
const ANSWER_MS = 10_000;
/** Temporal's own limit for a page of its list. */
const LISTED_AT_ONCE = 1_000;
/** For one look. */
const PAGES_AT_MOST = 10;
const HOLDING = "ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL";

/**
 * The running processes whose tasks an account holds, by the account that their memo names. Temporal's list only says whom
 * to ask: it may be behind. What a process expects is its own answer.
 */
export class RunningProcesses implements AwaitedTasks {
  constructor(
    private readonly temporal: Client,
    /** Absent: the default account. */
    private readonly account?: string,
  ) {}

  /** The tasks that the account's processes wait for, as the list knows them: uid -> workflow id. */
  async awaitedTasks(): Promise<Map<string, string>> {
    const waiting = new Map<string, string>();
    let after: string | undefined;
    do {
      const { listed, next } = await this.list(LISTED_AT_ONCE, after);
      for (const { workflowId, uids } of listed) for (const uid of uids) waiting.set(uid, workflowId);
      after = next;
    } while (after);
    return waiting;
  }

  /** A part of them, about as many as `count`: costs as much however many wait. */
  async awaitedAfter(place: string | undefined, count: number) {
    const tasks = new Map<string, string>();
    let next = place;
    let size = count;
    for (let pages = 0; pages < PAGES_AT_MOST && tasks.size < count && (next || pages === 0); pages += 1) {
      const page = await this.list(Math.min(LISTED_AT_ONCE, size), next);
      for (const { workflowId, uids } of page.listed) for (const uid of uids) tasks.set(uid, workflowId);
      next = page.next;
      // Where other accounts have most of the processes, it takes a larger page to find as many of ours.
      size = Math.ceil(((count - tasks.size) * size) / Math.max(1, page.listed.length));
    }
    return { tasks, ...(next ? { next } : {}) };
  }

  /** Those of these tasks, a hundred at most, that the account's processes wait for: costs as much however many wait. */
  async awaitedAmong(uids: readonly string[]): Promise<Map<string, string>> {
    const asked = new Set(uids.filter(isQuotable));
    const { listed } = asked.size > 0 ? await this.list(LISTED_AT_ONCE, undefined, among(asked)) : { listed: [] };
    const waiting = listed.flatMap(({ workflowId, uids: held }) => held.map((uid) => [uid, workflowId] as const));
    return new Map(waiting.filter(([uid]) => asked.has(uid)));
  }

  /** A page of the account's processes that hold a task, about `size` of them, each asked. `next` is absent on the last. */
  async page(size: number, after?: string): Promise<{ processes: HoldingProcess[]; next?: string }> {
    const ids: string[] = [];
    let next = after;
    do {
      const page = await this.list(size, next);
      ids.push(...page.listed.map(({ workflowId }) => workflowId));
      next = page.next;
      // Where other accounts have most of the processes, a page of the list brings few of ours.
    } while (next && ids.length < size);
    const processes = await mapBounded(ids, AT_ONCE, async (workflowId) => ({
      workflowId,
      answer: await this.query(workflowId),
    }));
    return { processes, ...(next ? { next } : {}) };
  }

  /** Which of these tasks the list knows a running process to wait for, of whichever account. */
  async awaited(uids: readonly string[]): Promise<Set<string>> {
    const awaited = new Set<string>();
    const asked = uids.filter(isQuotable);
    if (asked.length === 0) return awaited;
    for await (const { searchAttributes } of this.temporal.workflow.list({ query: among(asked) })) {
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

  private async list(
    pageSize: number,
    after?: string,
    query = HOLDING,
  ): Promise<{ listed: ListedProcess[]; next?: string }> {
    const { workflowService, options } = this.temporal;
    const page = await workflowService.listWorkflowExecutions({
      namespace: options.namespace,
      query,
      pageSize,
      nextPageToken: after ? Buffer.from(after, 'base64') : undefined,
    });
    const listed: ListedProcess[] = [];
    for (const raw of page.executions) {
      const info = await executionInfoFromRaw(raw, options.loadedDataConverter, raw, options.namespace);
      if (info.memo?.account !== this.account) continue;
      listed.push({ workflowId: info.workflowId, uids: (info.searchAttributes.FragmentTasks ?? []) as string[] });
    }
    const next = Buffer.from(page.nextPageToken ?? []).toString('base64');
    return { listed, ...(next ? { next } : {}) };
  }

  private async owner(workflowId: string): Promise<Owner> {
    try {
      const { status, memo } = await this.temporal.workflow.getHandle(workflowId).describe();
      if (memo?.account !== this.account) return { state: 'elsewhere', account: nameOf(memo?.account) };
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

/** Hints come from outside. With a quote in one the query is refused, and the feed would ask it again for ever. */
const isQuotable = (uid: string): boolean => /^[\w-]+$/.test(uid);

const among = (uids: Iterable<string>): string =>
  `${HOLDING} AND FragmentTasks IN (${[...uids].map((uid) => `'${uid}'`).join(', ')})`;

const nameOf = (account: unknown): string => (typeof account === 'string' ? account : 'default');
