import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Of an activity's heartbeat timeout: one beat may come late. */
const PORTION = 2 / 3;

/**
 * Beats for an activity that waits in memory, so that Temporal tries it elsewhere soon after this process has died. The
 * first beat comes late on purpose: most activities have ended by then, and cost none (see fragmentActivity).
 */
export const keepAlive: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const { heartbeatTimeoutMs } = context.info;
      if (!heartbeatTimeoutMs) return next(input);
      repeatDetails(context);
      const beating = setInterval(() => context.heartbeat(), heartbeatTimeoutMs * PORTION);
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
