import {
  type Client,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { claimWorkflowId } from '../workflows/claim/contract.js';
import { codeOf } from './call.js';
import { isUnprocessed } from './execute-update.js';
import {
  ClaimClosedError,
  ClaimFailedError,
  ClaimNotFoundError,
  ClaimSilentError,
  ClaimUpdateRejectedError,
} from './errors.js';

/** gRPC's DEADLINE_EXCEEDED, and FAILED_PRECONDITION, by which the server says that no worker polls the queue. */
const SILENT_CODES = [4, 9];

/** What Temporal's error means for the claim. An error that says nothing about the claim comes back as it is. */
export async function explain(
  client: Client,
  claimId: string,
  error: unknown,
  waitedSeconds: number,
): Promise<unknown> {
  if (error instanceof WorkflowNotFoundError) return closedOrMissing(client, claimId, error);
  if (isUnprocessed(error)) return new ClaimSilentError(claimId, waitedSeconds, { cause: error });
  if (error instanceof WorkflowUpdateFailedError)
    return new ClaimUpdateRejectedError(claimId, innermost(error), { cause: error });
  if (error instanceof WorkflowFailedError) return new ClaimFailedError(claimId, innermost(error), { cause: error });
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new ClaimSilentError(claimId, waitedSeconds, { cause: error });
  }
  return isSilence(error) ? new ClaimSilentError(claimId, waitedSeconds, { cause: error }) : error;
}

/** Temporal is there, and no worker has answered. */
export function isSilence(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && SILENT_CODES.includes(code);
}

/** An Update to a process that has ended is "not found" to Temporal, just like one that never was. */
async function closedOrMissing(client: Client, claimId: string, error: WorkflowNotFoundError): Promise<unknown> {
  try {
    const { status } = await client.workflow.getHandle(claimWorkflowId(claimId)).describe();
    return status.name === 'RUNNING' ? error : new ClaimClosedError(claimId, status.name);
  } catch (again) {
    return again instanceof WorkflowNotFoundError ? new ClaimNotFoundError(claimId) : again;
  }
}

function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
