import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { MAX_HINTS, feedWorkflowId, pokeFeedSignal } from '../workflows/account/contract.js';

/** Hands hints to the change feed. Settles when Temporal has them, rejects where it could not be reached. */
export type Poke = (uids: string[]) => Promise<void>;

/** How long Temporal may take to accept a signal. */
const SIGNAL_MS = 5_000;
/** A probe is waited for less long than that. */
const READY_MS = 2_000;

/** Of the account that the hints are about; without a name, the default one. */
export function pokeFeed(client: Client, account?: string): Poke {
  return (uids) =>
    client.withDeadline(Date.now() + SIGNAL_MS, () =>
      client.workflow.getHandle(feedWorkflowId(account)).signal(pokeFeedSignal, { uids }),
    );
}

/** Whether there is somebody to hand hints to: Temporal, this namespace in it, and in that the account's feed. */
export function feedRuns(client: Client, account?: string): () => Promise<boolean> {
  return async () => {
    const feed = client.workflow.getHandle(feedWorkflowId(account));
    const { status } = await client.withDeadline(Date.now() + READY_MS, () => feed.describe());
    return status.name === 'RUNNING';
  };
}

/**
 * Gathers hints, so that any number of events cost a signal a second at most: the first goes at once, those that come
 * meanwhile go together. Whoever gave one learns whether the signal arrived. It names MAX_HINTS tasks: what is given beyond
 * them makes the feed look all the same, which finds them without being told.
 */
export class Hints {
  private waiting = new Set<string>();
  private next?: Promise<void>;
  private last = Promise.resolve();

  constructor(
    private readonly poke: Poke,
    private readonly gatherMs = 1_000,
  ) {}

  /** @throws what the poke throws. */
  give(uids: readonly string[]): Promise<void> {
    for (const uid of uids) if (this.waiting.size < MAX_HINTS) this.waiting.add(uid);
    this.next ??= this.send();
    return this.next;
  }

  private async send(): Promise<void> {
    await this.last;
    const uids = [...this.waiting];
    this.waiting = new Set();
    this.next = undefined;
    this.last = sleep(this.gatherMs);
    await this.poke(uids);
  }
}
