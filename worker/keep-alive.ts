import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * How long before this process dies the last beat may have been, and so how much earlier than the heartbeat timeout says
 * Temporal tries the activity elsewhere: see fragmentActivity for what that must leave. The worker must not hold beats back
 * for longer (`maxHeartbeatThrottleInterval`); by itself it does, for 80 % of the timeout.
 */
export const BEAT_MS = 10_000;
/** Of a short heartbeat timeout: one beat may come late. */
const PORTION = 2 / 3;

export const beatEveryMs = (heartbeatTimeoutMs: number): number => Math.min(BEAT_MS, heartbeatTimeoutMs * PORTION);

/**
 * Beats for an activity that waits in memory, so that Temporal tries it elsewhere soon after this process has died. The
 * first beat comes late on purpose: most activities have ended by then, and cost none.
 */
export const keepAlive: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const { heartbeatTimeoutMs } = context.info;
      if (!heartbeatTimeoutMs) return next(input);
      repeatDetails(context);
      const beating = setInterval(() => context.heartbeat(), beatEveryMs(heartbeatTimeoutMs));
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});

/**
 * A beat without details would erase those that the activity, or an earlier attempt, has noted for the next. Temporal has no
 * interceptor for beats.
 */
function repeatDetails(context: Context): void {
  const { heartbeat } = context;
  let noted: unknown = context.info.heartbeatDetails;
  Object.assign(context, { heartbeat: (details?: unknown) => heartbeat((noted = details ?? noted)) });
}
