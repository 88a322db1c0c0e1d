import { CancellationScope, sleep } from '@temporalio/workflow';

/**
 * The one timer of a process, which wakes it for the next deadline. It outlives the step it was started for: most steps
 * end long before they are due, and a timer that wakes the process once too early, to be started anew, costs less than
 * one for each step that is cancelled each time.
 */
export class WakeUp {
  private at = Infinity;
  private scope?: CancellationScope;

  /** Whether it will wake the process by then; no longer, once it has. */
  comesBy(at: number): boolean {
    return this.at <= at;
  }

  by(at: number, summary?: string): void {
    if (this.comesBy(at)) return;
    this.scope?.cancel();
    const scope = new CancellationScope();
    const over = () => {
      if (this.scope === scope) this.at = Infinity;
    };
    void scope.run(() => sleep(at - Date.now(), { summary })).then(over, over);
    this.scope = scope;
    this.at = at;
  }
}
