import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { grpcCode } from './setup-error.js';

/** A new namespace takes some seconds to be known to each part of the server. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;

/**
 * Creates the client's namespace on a server of one's own, where it is missing; one that is there keeps the retention that it
 * has. Returns when the server serves it.
 */
export async function ensureNamespace(client: Client, retentionMs: number): Promise<'created' | 'there'> {
  const { workflowService } = client.connection;
  const { namespace } = client.options;
  if (await serves(client)) return 'there';
  const seconds = Math.round(retentionMs / 1_000);
  await workflowService
    .registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: seconds as never } })
    .catch((error: unknown) => {
      // Somebody else was as quick.
      if (grpcCode(error) !== 'ALREADY_EXISTS') throw error;
    });
  for (const deadline = Date.now() + PATIENCE_MS; !(await serves(client)); await sleep(LOOK_MS)) {
    if (Date.now() > deadline) throw new Error(`namespace ${namespace} was created, and is not served yet: try again`);
  }
  return 'created';
}

/** The operator service asks a cache of its own. */
async function serves(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  try {
    await client.connection.workflowService.describeNamespace({ namespace });
    await client.connection.operatorService.listSearchAttributes({ namespace });
    return true;
  } catch (error) {
    if (grpcCode(error) === 'NOT_FOUND') return false;
    throw error;
  }
}
