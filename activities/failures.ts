import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { FragmentAuthError, FragmentRejectedError, FragmentUnavailableError } from '../fragment/errors.js';

/** What Fragment refused for good: the process parks the step, and an operator decides. */
export const FRAGMENT_REJECTED = 'FragmentRejected';
/** The task does not exist (any more). */
export const FRAGMENT_NOT_FOUND = 'FragmentNotFound';

/**
 * Turns what a call to Fragment threw into a Temporal failure; nowhere else. A refusal ends the activity; all else is
 * expected to pass, so Temporal goes on retrying, without error logs for each attempt.
 *
 * Of the answer's body the message holds the reason, one line of it, which may quote a task's field: it is for the history,
 * which can be encrypted, and for no log line.
 */
export function toFailure(error: unknown): unknown {
  if (error instanceof FragmentRejectedError) {
    const type = error.status === 404 ? FRAGMENT_NOT_FOUND : FRAGMENT_REJECTED;
    return ApplicationFailure.nonRetryable(error.message, type);
  }
  if (error instanceof FragmentAuthError) {
    return ApplicationFailure.create({
      message: `${error.message}. Check ${error.tokenName ?? 'the token'}; a new one is read when the gateway worker is restarted.`,
      type: 'FragmentUnauthorized',
      nextRetryDelay: '30 seconds',
    });
  }
  if (error instanceof FragmentUnavailableError) {
    return ApplicationFailure.create({
      message: error.message,
      type: 'FragmentUnavailable',
      nextRetryDelay: error.retryAfterMs,
      category: ApplicationFailureCategory.BENIGN,
    });
  }
  return error;
}

export async function orFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}
