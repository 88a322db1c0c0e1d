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
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure) || cause.type !== UNPROCESSED || left === 0) throw error;
    }
  }
}
