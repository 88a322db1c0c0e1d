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
      const beating = setInterval(() => context.heartbeat(), heartbeatTimeoutMs * PORTION);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});
