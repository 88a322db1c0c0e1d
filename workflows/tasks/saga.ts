import { CancellationScope } from '@temporalio/workflow';

interface Compensation {
  what: string;
  undo: () => Promise<unknown>;
}

/**
 * What has to be undone if the process does not reach its end, newest first. All of it is tried, shielded from
 * cancellation; what fails is given to `park`, which returns when an operator wants it tried again or let go.
 */
export class Saga {
  private compensations: Compensation[] = [];

  /** Registered before the effect is asked for, since an effect whose outcome is unknown has to be undone as well. */
  add(what: string, undo: () => Promise<unknown>): void {
    this.compensations.push({ what, undo });
  }

  async compensate(park: (what: string, error: unknown) => Promise<'retry' | 'skip'>): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      let due = this.compensations.reverse();
      this.compensations = [];
      while (due.length > 0) {
        const failed: (Compensation & { error: unknown })[] = [];
        for (const compensation of due) {
          try {
            await compensation.undo();
          } catch (error) {
            failed.push({ ...compensation, error });
          }
        }
        due = [];
        for (const { what, undo, error } of failed) {
          if ((await park(what, error)) === 'retry') due.push({ what, undo });
        }
      }
    });
  }
}
