import type { RequestBudget } from './budget.js';
import { FragmentAuthError, FragmentUnavailableError } from './errors.js';
import type { GatewayCounts, GatewayLog } from './gateway-counts.js';

interface PausesOptions {
  budget: RequestBudget;
  counts: GatewayCounts;
  /** The unit of waiting after a failure. */
  unitMs: number;
  log?: GatewayLog;
}

/** When all sending stops, and for how long: after an answer that is none, or that says "later" or "not you". */
export class Pauses {
  private failures = 0;
  /** In the pause that is or was last: a 429 lowers the rate once. */
  private slowed = false;

  constructor(private readonly options: PausesOptions) {}

  /** Fragment answered: the next failure is the first of its row. */
  answered(): void {
    this.failures = 0;
    this.options.counts.answered();
  }

  /**
   * Pauses where this failure calls for it, and says so. What fails while sending pauses already was under way as the pause
   * began, and is the same incident once more: it may make the pause longer, but neither doubles the next nor lowers the
   * rate twice.
   */
  after(error: unknown, now: number): boolean {
    if (!(error instanceof FragmentUnavailableError || error instanceof FragmentAuthError)) return false;
    const { budget, counts, log } = this.options;
    const { status, request } = error;
    const frozenMs = budget.frozenMs(now);
    const begins = frozenMs === 0;
    if (begins) this.failures += 1;

    const pauseMs = this.lengthMs(error);
    budget.freeze(now + pauseMs * (1 + Math.random() / 10));
    if (begins) this.slowed = false;
    if (status === 429 && !this.slowed) {
      budget.slowDown(now);
      this.slowed = true;
    }

    counts.failed(status);
    if (begins) counts.paused();
    counts.pausedFor(budget.frozenMs(now) - frozenMs);
    log?.warn('Fragment requests paused', { seconds: pauseMs / 1000, status, request });
    return true;
  }

  private lengthMs(error: FragmentUnavailableError | FragmentAuthError): number {
    const { unitMs } = this.options;
    if (error instanceof FragmentAuthError) return 30 * unitMs;
    // Without Retry-After a whole minute: the only window Fragment documents.
    if (error.status === 429) return error.retryAfterMs ?? 60 * unitMs;
    return Math.min(60 * unitMs, unitMs * 2 ** (this.failures - 1));
  }
}
