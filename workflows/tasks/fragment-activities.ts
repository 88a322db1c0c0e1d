import type { ActivityOptions } from '@temporalio/common';
import { fragmentQueue } from './contract.js';

/**
 * How an activity that costs Fragment requests is run. It waits in the gateway's memory for its turn, and through a pause
 * of a minute after a 429, which startToClose allows for.
 *
 * The heartbeat is for the gateway that dies: what waited in its memory is tried again within 45 s, not after five minutes.
 * The 45 s run from the last heartbeat, and the worker beats each 10 s (worker/keep-alive.ts), so at least 35 s lie between the
 * death and the retry. That is longer than a request to Fragment takes (30 s) and than a holder that lost Temporal may go on
 * sending (3.5 s, see LeaseDeadline), together: nothing of the dead gateway arrives afterwards.
 *
 * A write that is answered within 10 s costs no heartbeat, and normally 99 of 100 are within two; during a pause 2,000
 * waiting writes send 200 a second, none of which enters a history.
 */
export function fragmentActivity(account?: string): ActivityOptions {
  return {
    taskQueue: fragmentQueue(account),
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '45 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  };
}
