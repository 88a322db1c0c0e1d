import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';

/** What the server calls an Update that a worker gave back its Workflow Task without. */
const UNPROCESSED = 'UnprocessedUpdate';
const TRIES = 3;

/**
 * An Update, sent again where no worker looked at it: SDK 1.24 passes over one that comes while it answers a Query.
 * @throws what `handle.executeUpdate` throws.
 */
export async function executeUpdate<T, A>(
  handle: WorkflowHandle,
  update: UpdateDefinition<T, [A]>,
  options: { args: [A]; updateId?: string },
): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await handle.executeUpdate<T, [A]>(update, options);
    } catch (error) {
      if (left === 0 || !isUnprocessed(error)) throw error;
    }
  }
}

/** Nobody looked at the Update: it may be sent again, under the same id or another. */
export function isUnprocessed(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === UNPROCESSED;
}
