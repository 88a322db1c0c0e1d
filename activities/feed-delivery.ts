import { createHash } from 'node:crypto';
import { log, metricMeter } from '@temporalio/activity';
import { WorkflowNotFoundError, isGrpcServiceError, type Client } from '@temporalio/client';
import type { Task } from '../fragment/schema.js';
import { mapBounded } from './bounded.js';
import { isToTell, noteTold, type FeedCursor } from './feed-cursor.js';
import { taskNews, type ParseAnswer, type TaskNews } from './task-news.js';

/** What a process is to be told, once. */
export interface Delivery {
  workflowId: string;
  /** Names the task, its transition and the process, whichever way it came to light. */
  transition: string;
  news: TaskNews;
  /** ISO 8601: when it happened, as Fragment says. Absent of what is not there. */
  at?: string;
}

/** A histogram; its buckets are the worker's matter. */
export const FEED_DELAY = 'flows_feed_delay_ms';

/** Signals at once: a server on a laptop takes a few hundred a second. */
const AT_ONCE = 50;
const SIGNAL_MS = 30_000;
/** In gRPC. */
const INVALID_ARGUMENT = 3;

/**
 * Passes on what has not been passed on before. Under failure the round is repeated from its old cursor, so a process may be
 * told twice; never not at all. Answers how many there were.
 */
export async function deliver(temporal: Client, cursor: FeedCursor, deliveries: readonly Delivery[]): Promise<number> {
  const fresh = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    if (isToTell(cursor, delivery.transition)) fresh.set(delivery.transition, delivery);
  }
  const delay = metricMeter.createHistogram(FEED_DELAY, 'int', 'ms', 'From a completion in Fragment to the signal');
  await mapBounded([...fresh.values()], AT_ONCE, async (delivery) => {
    await passOn(temporal, delivery);
    const ms = Date.now() - Date.parse(delivery.at ?? '');
    // The clocks are two: a completion that is told before it happened was told at once.
    if (!Number.isNaN(ms)) delay.record(Math.max(0, ms));
  });
  for (const transition of fresh.keys()) noteTold(cursor, transition);
  return fresh.size;
}

export function completion(task: Task, workflowId: string, parseAnswer: ParseAnswer): Delivery {
  const transition = digest([completionOf(task), workflowId]);
  const at = task.done_at ?? task.updated_at ?? undefined;
  return { workflowId, transition, news: taskNews(task, parseAnswer), ...(at ? { at } : {}) };
}

/**
 * A task that is awaited and not there to be done. The process looks again before it acts on this, so `status` says nothing
 * where the task is gone.
 */
export function absence(
  absent: { uid: string; why: 'deleted' } | { task: Task; why: 'archived' },
  workflowId: string,
  parseAnswer: ParseAnswer,
): Delivery {
  const news = absent.why === 'archived' ? taskNews(absent.task, parseAnswer) : { uid: absent.uid, status: 'UNKNOWN' };
  return { workflowId, transition: absenceOf(news.uid, absent.why, workflowId), news: { ...news, absent: absent.why } };
}

/** The task was seen to be there: an absence has no time, so the next one would be no news. */
export function forgetAbsences(cursor: FeedCursor, uid: string, workflowId: string): void {
  for (const why of ['deleted', 'archived'] as const) delete cursor.delivered[absenceOf(uid, why, workflowId)];
}

const absenceOf = (uid: string, why: 'deleted' | 'archived', workflowId: string): string =>
  digest([uid, why, workflowId]);

/**
 * One completion has one digest, however often it is read, and whatever is edited beside the answer. Done again after it was
 * reopened, it has another done_at. Where Fragment keeps none, updated_at stands in, which an edit moves.
 */
export function completionOf(task: Task): string {
  const { step, round } = task.fields ?? {};
  return digest([task.uid, task.done_at ?? task.updated_at, step, round, task.form_data, task.assignee_uid]);
}

/** 72 bits: no two of a thousand are alike, and a thousand of them stay small in the cursor. */
function digest(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 12);
}

/**
 * A process that is gone needs no news; one that does not await the task ignores it. What Temporal does not take at all it
 * will not take in the next attempt: one task that people edited must not hold up the news of all others.
 */
async function passOn(temporal: Client, { workflowId, news }: Delivery): Promise<void> {
  try {
    await temporal.withDeadline(Date.now() + SIGNAL_MS, () =>
      temporal.workflow.getHandle(workflowId).signal('taskChanged', news),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    if (!(error instanceof Error && isInvalid(error.cause))) throw error;
    log.warn('Temporal refuses the signal for a task', { uid: news.uid });
  }
}

function isInvalid(cause: unknown): boolean {
  if (!isGrpcServiceError(cause)) return false;
  const code: number = cause.code;
  return code === INVALID_ARGUMENT;
}
