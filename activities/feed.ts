import { cancellationSignal, heartbeat, log, metricMeter } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Request } from '../fragment/bulk-read.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import type { Task } from '../fragment/schema.js';
import { orFailure } from './failures.js';
import {
  longUnlisted,
  nextRound,
  noteUnlisted,
  saw,
  stepDown,
  wayOf,
  type FeedCursor,
  type FeedWay,
} from './feed-cursor.js';
import { absence, completion, completionOf, deliver, forgetAbsences, type Delivery } from './feed-delivery.js';
import { CompletedList } from './feed-list.js';
import { AwaitedLooks } from './feed-looks.js';
import type { OwnCompletions } from './own-completions.js';
import { RunningProcesses } from './running-processes.js';
import type { ParseAnswer } from './task-news.js';

export interface FeedRequest {
  cursor?: FeedCursor;
  /** Requests that this round may spend on reading tasks, about. */
  requests: number;
  /** Tasks that a webhook has named. A hint: what the task says when it is read decides. */
  hints: string[];
}

export interface FeedRound {
  cursor: FeedCursor;
  way: FeedWay;
  /** Passed on in this round: completions, and tasks that are gone. */
  delivered: number;
  /** As counted when the end of Temporal's list was reached last, or so far; absent before the first look. */
  awaited?: number;
  /** Hints that named a task nobody awaits. */
  unknownHints: number;
  requests: number;
  /** Tasks that one request reads in bulk. */
  batch: number;
  /** What the account's budget allows at present: a 429 lowers it. */
  requestsPerMinute: number;
}

export interface FeedActivityOptions {
  gateway: Gateway;
  client: FragmentClient;
  temporal: Client;
  parseAnswer: ParseAnswer;
  /** What the account's processes have completed themselves; absent: nobody tells. */
  own?: OwnCompletions;
  /** Absent: the default account. */
  account?: string;
  /** How long the feed stays on a lesser way before it tries the better ones again. @default 10 minutes, doubled each time */
  retryMs?: number;
  /** How far the list may be behind. @default 30 seconds */
  listPatienceMs?: number;
}

/** With the list in use, every so many rounds some of the awaited tasks are read as well: what it hides comes to light. */
const AUDIT_EVERY = 5;
const RETRY_MS = 600_000;
const LIST_PATIENCE_MS = 30_000;
/** A round whose worker has died is repeated after the heartbeat time-out, six beats. */
const BEAT_MS = 5_000;

/**
 * One round of the change feed: learns which tasks were completed and signals the processes that wait for them.
 *
 * None of what it reads by is documented, so each answer is checked, and where one shows that a way does not work the feed
 * goes on, in the same round, by the next (docs/change-feed.md). Whichever way it is on, it passes on only what Fragment
 * says of a task as DONE, or what a read of that very task says of its absence: a list that is behind never moves a
 * process back.
 */
export function createFeedActivities(options: FeedActivityOptions) {
  const { gateway, client, temporal, parseAnswer, own, account } = options;
  const processes = new RunningProcesses(temporal, account);
  const { retryMs = RETRY_MS, listPatienceMs = LIST_PATIENCE_MS } = options;
  let requests = 0;
  const request: Request = (send, { signal }) => {
    requests += 1;
    // One of its own for each request: the round's would collect a listener for every one of them.
    return gateway.request(send, { signal: signal && AbortSignal.any([signal]) });
  };
  const list = new CompletedList(client, request);
  const looks = new AwaitedLooks(client, request, processes, gateway.stats().maxBatchNow);

  return {
    readChanges(asked: FeedRequest): Promise<FeedRound> {
      const beat = setInterval(() => heartbeat(), BEAT_MS);
      return orFailure(() => round(asked)).finally(() => clearInterval(beat));
    },
  };

  async function round(asked: FeedRequest): Promise<FeedRound> {
    const before = requests;
    const { cursor, climbs } = nextRound(asked.cursor, Date.now());
    if (climbs) looks.tryAgain();

    const listed = cursor.list ? await readList(cursor) : [];
    const look = looksDue(cursor, asked) ? await lookAtAwaited(cursor, asked, listed) : undefined;
    if (cursor.list && (await listFails(cursor))) {
      stepDown(cursor, 'list', 'the list does not bring tasks that are done', retryMs);
    }

    const deliveries = [...listed.flatMap(byOwnField), ...(look?.deliveries ?? [])];
    const delivered = await deliver(temporal, cursor, deliveries);
    const way = wayOf(cursor);
    rounds().add(1, { way });
    told().add(delivered, { way });
    return {
      cursor,
      way,
      delivered,
      awaited: awaitedOf(cursor),
      unknownHints: look?.unknownHints ?? 0,
      requests: requests - before,
      batch: looks.batch,
      requestsPerMinute: gateway.stats().requestsPerMinuteNow,
    };
  }

  async function readList(cursor: FeedCursor): Promise<Task[]> {
    const { since = '', behind } = cursor;
    const answer = await list.since(since, { behind, signal: cancellationSignal() });
    if ('refused' in answer) {
      stepDown(cursor, 'list', answer.refused, retryMs);
      return [];
    }
    cursor.behind = !answer.complete;
    for (const task of answer.tasks) saw(cursor, task.updated_at, Date.now());
    const done = answer.tasks.filter(isDone);
    for (const { uid } of done) delete cursor.unlisted[uid];
    return done;
  }

  async function lookAtAwaited(cursor: FeedCursor, { requests: some, hints }: FeedRequest, listed: Task[]) {
    const audit = cursor.list;
    const seen = await looks.look(cursor, {
      hinted: hints,
      requests: onlyHinted(cursor) ? 0 : audit && cursor.cycled ? 1 : some,
      audit,
      retryMs,
      signal: cancellationSignal(),
    });
    if (audit) checkList(cursor, seen.tasks.filter(isDone), listed);
    else for (const task of seen.tasks) saw(cursor, task.updated_at, Date.now());

    // From the processes themselves: a task's own fields are no authority, people edit them.
    const owner = (uid: string) => seen.owners.get(uid) as string;
    const deliveries: Delivery[] = seen.deleted.map((uid) => absence({ uid, why: 'deleted' }, owner(uid), parseAnswer));
    for (const task of seen.tasks) {
      // Archived once it was done is done.
      if (isDone(task)) deliveries.push(completion(task, owner(task.uid), parseAnswer));
      else if (task.archived) deliveries.push(absence({ task, why: 'archived' }, owner(task.uid), parseAnswer));
      else forgetAbsences(cursor, task.uid, owner(task.uid));
    }
    const unknown = hints.filter((uid) => !seen.owners.has(uid));
    if (unknown.length > 0) log.info('a webhook named tasks that no process awaits', { uids: unknown.slice(0, 10) });
    return { deliveries, unknownHints: unknown.length };
  }

  /** A list that does not bring what a read has shown hides it, or is far behind. */
  function checkList(cursor: FeedCursor, done: Task[], listed: Task[]): void {
    const brought = new Set(listed.map(completionOf));
    for (const task of done) {
      // What is older than the list's window was brought before, or before there was a feed.
      const inWindow = Date.parse(task.updated_at ?? '') >= Date.parse(cursor.since as string);
      const transition = completionOf(task);
      if (inWindow && !brought.has(transition)) noteUnlisted(cursor, task.uid, transition, Date.now());
    }
  }

  /**
   * A task that has moved on since, as the single task of a process does, was not done any more when the list was asked:
   * only one that is still done as it was has been kept back.
   */
  async function listFails(cursor: FeedCursor): Promise<boolean> {
    for (const [uid, transition] of longUnlisted(cursor, Date.now(), listPatienceMs)) {
      const [task] = (await looks.readSingly([uid], cancellationSignal())).tasks;
      if (task && isDone(task) && completionOf(task) === transition) return true;
      delete cursor.unlisted[uid];
    }
    return false;
  }

  /** To the process that the task names. People can edit that: a process accepts news only of a task that it awaits. */
  function byOwnField(task: Task): Delivery[] {
    if (own?.has(task)) return [];
    const workflowId = task.fields?.workflow_id;
    return typeof workflowId === 'string' && mayNameProcess(workflowId)
      ? [completion(task, workflowId, parseAnswer)]
      : [];
  }
}

export type FeedActivities = ReturnType<typeof createFeedActivities>;

/** Temporal knows no empty id, and takes none that is no UTF-8: half of a character, cut off, say. */
const mayNameProcess = (id: string): boolean => id !== '' && !/\p{Surrogate}/u.test(id);

const isDone = (task: Task): boolean => task.status === 'DONE';

/** While the list has not been gone through anew, it may have grown beyond what it was. */
const awaitedOf = ({ awaited, counted }: FeedCursor): number | undefined =>
  awaited === undefined ? counted : Math.max(awaited, counted ?? 0);

/** Whether a round reads some of the awaited tasks. */
export function looksDue(cursor: FeedCursor, { hints }: Pick<FeedRequest, 'hints'>): boolean {
  return !cursor.list || !cursor.cycled || hints.length > 0 || cursor.round % AUDIT_EVERY === 0;
}

/** Behind a list that is relied on, between the rounds that check it: what a webhook has named is all there is to look at. */
function onlyHinted(cursor: FeedCursor): boolean {
  return cursor.list && cursor.cycled && cursor.round % AUDIT_EVERY !== 0;
}

const rounds = () => metricMeter.createCounter('flows_feed_rounds', 'rounds', 'Rounds of the change feed, by its way');
const told = () =>
  metricMeter.createCounter('flows_feed_deliveries', 'signals', 'What the change feed has told processes, by its way');
