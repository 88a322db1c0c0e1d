import { mapBounded } from '../activities/bounded.js';
import { Claims, type ClaimOutcome, type ClaimResult } from '../client/index.js';
import { STARTS_AT_ONCE, WAITS_AT_ONCE } from './at-once.js';
import type { DemoClaim } from './demo-claims.js';
import { messageOf } from './failure.js';
import { note } from './output.js';

/** What has become of the demo's claims so far. */
export class DemoRun {
  started = 0;
  /** Of those started, the ones that an earlier run had started: they stand as they are. */
  earlier = 0;
  /** Could not be started, or ended without a result. */
  readonly broken: string[] = [];
  readonly results: ClaimResult[] = [];
  private readonly running = new Map<string, DemoClaim>();

  constructor(private readonly claims: Claims) {}

  get open(): string[] {
    return [...this.running.keys()];
  }

  count(outcome: ClaimOutcome): number {
    const counted = this.results.filter((result) => result.outcome === outcome).length;
    return outcome === 'failed' ? counted + this.broken.length : counted;
  }

  /** Each that is not abandoned before its turn. */
  async start(wanted: DemoClaim[], abandoned: AbortSignal): Promise<void> {
    await mapBounded(wanted, STARTS_AT_ONCE, async (run) => {
      if (abandoned.aborted) return;
      try {
        const { started } = await this.claims.start(run.claim, { lifecycle: run.lifecycle });
        this.started += 1;
        if (!started) this.earlier += 1;
        this.running.set(run.claim.id, run);
      } catch (error) {
        if (!abandoned.aborted) this.break(messageOf(error));
      }
    });
  }

  /** Until every claim has ended; `abandoned` ends the waiting early. */
  async finish(abandoned: AbortSignal): Promise<void> {
    await mapBounded(this.open, WAITS_AT_ONCE, async (id) => {
      if (abandoned.aborted) return;
      try {
        this.results.push(await this.claims.result(id));
      } catch (error) {
        if (abandoned.aborted) return;
        this.break(messageOf(error));
      }
      this.running.delete(id);
    });
  }

  /** The Fragment tasks that the claims have made so far. */
  async tasks(): Promise<string[]> {
    const uids = new Set(this.results.flatMap((result) => result.tasks));
    await mapBounded(this.open, STARTS_AT_ONCE, async (id) => {
      try {
        const { steps } = await this.claims.state(id);
        for (const { uid } of steps) if (uid) uids.add(uid);
      } catch (error) {
        note(`${messageOf(error)}; its tasks are not counted`);
      }
    });
    return [...uids];
  }

  private break(message: string): void {
    this.broken.push(message);
    note(`error: ${message}`);
  }
}
