import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Gateway } from '../fragment/gateway.js';
import type { GatewayStats } from '../fragment/gateway-counts.js';
import { LeaseDeadline } from './lease-deadline.js';

/** What the holder tells with each heartbeat: read by `flows gateway status`, shown by the Web UI. */
export interface LeaseReport {
  holder: string;
  /** ISO 8601: when it took the lease, and when it said this. */
  since: string;
  at: string;
  gateway: GatewayStats;
}

/** The one sender of an account, as it runs in this process. */
export interface Sender {
  gateway: Gateway;
  /** Rejects when it cannot go on. */
  failed: Promise<never>;
  /** Takes no more work, lets what is under way land, gives the rest back to Temporal. */
  handBack(): Promise<void>;
}

export interface LeaseActivityOptions {
  /** Names this process to people. */
  holder: string;
  temporal: Client;
  open: (maySend: () => boolean) => Promise<Sender>;
  /** Told with every heartbeat. */
  beat?: (stats: GatewayStats) => void;
}

/** Two that fail at once may be lost before sending has to stop. */
const BEAT_MS = 1_000;
/**
 * A heartbeat that takes longer is given up, and the next is sent 3 s after it: sending has stopped for half a second by
 * then, and goes on when that one is answered.
 */
const ANSWER_MS = 2_000;

/**
 * Holds an account's lease for as long as this activity runs, and sends while it does. The activity ends when the lease
 * is lost or asked back, or when the worker shuts down, and always by a failure that Temporal retries: at whichever
 * worker polls next, with no workflow task in between.
 *
 * The SDK's own heartbeats are throttled and forgotten once they are sent, so whether one arrived cannot be learnt from
 * them. These here are requests that are waited for: the lease is ours as long as the last one that Temporal
 * acknowledged says so, counted from when it was sent.
 */
export function createLeaseActivities({ holder, temporal, open, beat }: LeaseActivityOptions) {
  return {
    async holdLease(): Promise<never> {
      const { taskToken, heartbeatTimeoutMs = 0, workflowExecution } = activityInfo();
      const since = new Date().toISOString();
      const deadline = new LeaseDeadline(heartbeatTimeoutMs);
      const askedBack = new AbortController();
      const stopping = AbortSignal.any([cancellationSignal(), askedBack.signal]);
      const over = new AbortController();

      // An earlier answer to the poll may have waited here while this process was suspended: first ask whether it still holds.
      await assure();
      if (stopping.aborted) throw ended(STOPPED);
      const sender = await open(() => deadline.maySend());
      const lost = keepBeating();
      try {
        void announce();
        throw ended(await Promise.race([lost, aborted(stopping), sender.failed]));
      } finally {
        // The lease is kept until the last request has landed.
        await sender.handBack();
        over.abort();
        await lost;
      }

      async function keepBeating(): Promise<string> {
        while (!over.signal.aborted) {
          try {
            const gateway = sender.gateway.stats();
            beat?.(gateway);
            await assure({ holder, since, at: new Date().toISOString(), gateway });
          } catch (error) {
            if (error instanceof ActivityNotFoundError) return `taken away: ${error.message}`;
            log.warn('lease heartbeat got no answer', { error });
          }
          if (deadline.isOver()) return 'Temporal did not answer in time';
          await sleep(BEAT_MS, undefined, { signal: over.signal }).catch(() => undefined);
        }
        return 'handed over';
      }

      /** Free of the activity's own cancellation: the lease is needed until everything has landed. */
      async function assure(report?: LeaseReport): Promise<void> {
        const sent = deadline.mark();
        try {
          await temporal.withAbortSignal(new AbortController().signal, () =>
            temporal.withDeadline(Date.now() + ANSWER_MS, () => temporal.activity.heartbeat(taskToken, report)),
          );
        } catch (error) {
          if (!isAskedBack(error)) throw error;
          askedBack.abort();
        }
        deadline.extend(sent);
        // The SDK gives an activity up that it never heard of, whatever the server knows.
        heartbeat(report);
      }

      /** For the Web UI's details; the lease does not hang on it. */
      async function announce(): Promise<void> {
        const { workflowId } = workflowExecution ?? {};
        if (!workflowId) return;
        try {
          await temporal.workflow.getHandle(workflowId).signal('leaseTaken', { holder, since });
        } catch (error) {
          log.warn('the lease is held, but its workflow could not be told', { error });
        }
      }

      function ended(why: string): ApplicationFailure {
        return ApplicationFailure.create({
          message: `${holder} gave the lease back: ${why}`,
          type: 'LeaseEnded',
          category: ApplicationFailureCategory.BENIGN,
          nextRetryDelay: '1 ms',
        });
      }
    },
  };
}

export type LeaseActivities = ReturnType<typeof createLeaseActivities>;

const STOPPED = 'it was asked to, or is shutting down';

/** Temporal says so in its answer to a heartbeat, which it has recorded: the lease is ours until this attempt ends. */
function isAskedBack(error: unknown): boolean {
  return [ActivityCancelledError, ActivityPausedError, ActivityResetError].some((kind) => error instanceof kind);
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(STOPPED);
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
}
