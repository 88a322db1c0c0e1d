import type { ActivityOptions } from '@temporalio/common';
import { fragmentQueue } from './contract.js';

/**
 * How an activity that costs Fragment requests is run. It waits in the gateway's memory for its turn, and through a pause
 * of a minute after a 429, which startToClose allows for.
 *
 * The heartbeat is for the gateway that dies: what waited in its memory is tried again after 45 s, not after five minutes.
 * The worker beats each 30 s (worker/keep-alive.ts), and a write is answered well before that, even with 2,000 waiting:
 * so in normal work not one heartbeat is sent, and during a pause 2,000 waiting writes send 67 a second at most, none of which enters
 * a history. It is longer than any request to Fragment takes (30 s), so that nothing of the dead gateway arrives afterwards.
 */
export function fragmentActivity(account?: string): ActivityOptions {
  return {
    taskQueue: fragmentQueue(account),
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '45 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  };
}
