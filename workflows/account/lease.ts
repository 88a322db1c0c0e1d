import { CancelledFailure } from '@temporalio/common';
import { CancellationScope, condition, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { LeaseActivities } from '../../activities/lease.js';
import { second } from '../markdown.js';
import { leaseQueue } from '../tasks/contract.js';
import { continueOnCurrent, isOutdated } from './current-version.js';
import { isLeaseTaken } from './guards.js';
import { leaseTakenSignal, type LeaseInput, type LeaseTaken } from './lease-contract.js';

/** Each takeover leaves an event or two; a new run keeps the history small. */
const TAKEOVERS_A_RUN = 200;

/**
 * An account's lease: one activity that never ends, held by one gateway worker at a time. Where its holder dies, shuts down
 * or falls silent, Temporal retries it at the next worker that polls, so the lease works while this workflow sleeps.
 */
export async function gatewayLease({ account, takeovers = 0, last }: LeaseInput = {}): Promise<never> {
  let taken = last;
  let here = 0;
  setHandler(leaseTakenSignal, (by) => {
    if (!isLeaseTaken(by)) return;
    taken = by;
    here += 1;
    setCurrentDetails(details(account, takeovers + here, by));
  });
  if (taken) setCurrentDetails(details(account, takeovers, taken));

  const { holdLease } = proxyActivities<LeaseActivities>({
    taskQueue: leaseQueue(account),
    // A year: only to have one. The next holder takes over where one ends.
    startToCloseTimeout: '365 days',
    // A dead holder is missed after that; see LeaseDeadline for why a living one has stopped sending by then.
    heartbeatTimeout: '5 seconds',
    retry: { initialInterval: '500 ms', backoffCoefficient: 1 },
    // Asked back, it is held until the last request has landed: then alone may another one send. Not the default, whatever
    // the SDK's documentation says: unset, 1.24 sends TRY_CANCEL.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
  const scope = new CancellationScope();
  const held = scope.run(() => holdLease.executeWithOptions({ summary: `gateway of ${account ?? 'the account'}` }, []));
  const cancelled = () => CancellationScope.current().consideredCancelled;
  try {
    await Promise.race([held, condition(() => here >= TAKEOVERS_A_RUN || isOutdated())]);
  } catch (error) {
    if (!cancelled()) throw error;
  }

  scope.cancel();
  await held.catch(() => undefined);
  if (cancelled()) throw new CancelledFailure('the lease was cancelled');
  return continueOnCurrent<typeof gatewayLease>({ account, takeovers: takeovers + here, last: taken });
}

function details(account: string | undefined, takeovers: number, { holder, since }: LeaseTaken): string {
  return [
    `## Held by ${holder}`,
    '',
    `Since **${second(since)}** (UTC)`,
    '',
    `Fragment account: ${account ?? 'the default one'} · taken ${takeovers} ${takeovers === 1 ? 'time' : 'times'}`,
    '',
    'Whether it still lives is seen at the pending activity, which carries its figures, and by `flows gateway status`.',
  ].join('\n');
}
