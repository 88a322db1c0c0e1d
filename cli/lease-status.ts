import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { LeaseReport } from '../activities/index.js';
import { inTime } from '../client/in-time.js';
import { leaseWorkflowId } from '../workflows/account/lease-contract.js';
import { note } from './output.js';

/** Who sends for an account, as Temporal knows it: no worker has to answer. */
export interface LeaseStatus {
  account: string;
  held: boolean;
  /** The last holder that is known of, also where nobody holds the lease any more. */
  holder?: string;
  since?: string;
  /** What its last heartbeat said, and how old that is. */
  gateway?: LeaseReport['gateway'];
  ageSeconds?: number;
  /** Where nobody holds it: why, as far as it can be told from here, and what to do. */
  problem?: string;
}

/** A pending activity that runs; the enumeration of Temporal's API. */
const STARTED = 2;
/** The lease's heartbeat timeout, and the moment that a heartbeat takes. */
const FRESH_SECONDS = 6;

const START_GATEWAY = 'start one with `flows worker --role gateway`';

export async function leaseStatus(temporal: Client, name?: string): Promise<LeaseStatus> {
  const account = name ?? 'default';
  const vacant = (problem: string, last: Partial<LeaseStatus> = {}) => ({ account, held: false, ...last, problem });
  const workflow = await describe(temporal, name);
  if (workflow?.status.name !== 'RUNNING') return vacant(`no gateway was ever started for it: ${START_GATEWAY}`);
  const [pending] = workflow.raw.pendingActivities ?? [];
  if (!pending)
    return vacant('the lease waits for a worker of the processes: start one with `flows worker --role processes`');

  const [report] = (await decodeArrayFromPayloads(
    temporal.options.loadedDataConverter,
    pending.heartbeatDetails?.payloads,
  )) as [LeaseReport?];
  const heard = pending.lastHeartbeatTime ? tsToMs(pending.lastHeartbeatTime) : undefined;
  const ageSeconds = heard === undefined ? undefined : Math.max(0, Math.round((Date.now() - heard) / 100) / 10);
  const last = { holder: report?.holder, since: report?.since, gateway: report?.gateway, ageSeconds };
  const failure = pending.lastFailure?.message;
  if ((pending.state as number) !== STARTED) {
    const why = failure ? `the last holder is gone (${failure})` : 'nobody has taken it yet';
    return vacant(`${why}, and no gateway waits for it: ${START_GATEWAY}`, last);
  }
  if (ageSeconds !== undefined && ageSeconds > FRESH_SECONDS) {
    return vacant(
      `its holder has not been heard of for ${ageSeconds} s; the next gateway takes over, or ${START_GATEWAY}`,
      last,
    );
  }
  return { account, held: true, ...last, holder: report?.holder ?? pending.lastWorkerIdentity ?? undefined };
}

async function describe(temporal: Client, name?: string) {
  try {
    return await inTime(temporal, () => temporal.workflow.getHandle(leaseWorkflowId(name)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Says on standard error where nobody sends for the account: nothing fails there, and what was started would wait without the
 * person at the prompt knowing for what. A courtesy, which takes nothing with it when it fails.
 */
export async function noteVacancy(temporal: Client, account: string | undefined, waits: string): Promise<void> {
  try {
    const { held, problem } = await leaseStatus(temporal, account);
    if (!held) note(`nobody sends for ${account ?? 'the default account'}, so ${waits}: ${problem}`);
  } catch {
    // What was asked of the command has been done, or says itself what is wrong.
  }
}
