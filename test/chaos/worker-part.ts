import type { Exit } from '../../worker/embedded/owned-process.js';
import { Part, type Launched } from './part.js';

export interface LaunchedWorker extends Launched {
  /** As an orchestrator asks: does it serve? */
  ready(): Promise<void>;
  ended: Promise<Exit>;
}

/** Whether the next one serves before the old one is told to end, or is started when that has gone. */
export type Order = 'new first' | 'old first';

/** A worker whose orchestrator may put a new one in its place. */
export class WorkerPart extends Part<LaunchedWorker> {
  ready(): Promise<void> {
    return this.inTurn(async () => this.running?.ready());
  }

  /** SIGTERM, and SIGKILL where that was not obeyed within the grace; answers how the old one ended. */
  replace(order: Order, graceMs: number): Promise<Exit> {
    return this.inTurn(async () => {
      const old = this.running!;
      if (order === 'new first') await this.next();
      // Whoever ends because we say so is not to be revived.
      else this.running = undefined;
      const exit = await end(old, graceMs);
      if (order === 'old first') await this.next();
      return exit;
    });
  }

  private async next(): Promise<void> {
    await this.up();
    await this.running?.ready();
  }
}

async function end({ pid, ended }: LaunchedWorker, graceMs: number): Promise<Exit> {
  process.kill(pid, 'SIGTERM');
  const force = setTimeout(() => process.kill(pid, 'SIGKILL'), graceMs);
  const exit = await ended;
  clearTimeout(force);
  return exit;
}
