import type { Lane } from './lanes.js';
import { PendingWrite, type Intent } from './pending-write.js';

/** Writes that wait for a request, in order. A task's writes never overtake each other and never fly together. */
export class WriteQueue {
  private waiting: PendingWrite[] = [];
  private readonly last = new Map<string, PendingWrite>();
  private readonly inFlight = new Set<string>();
  /** In flight, though nothing of them is on its way yet: their tasks are looked at first. */
  private readonly lookedAt = new Set<PendingWrite>();
  merged = 0;

  /** Intents of which nothing is on its way. */
  unsent(): Intent[] {
    return [...this.lookedAt, ...this.waiting].flatMap(({ intents }) => intents);
  }

  add(intent: Intent, alone: boolean): void {
    const before = this.last.get(intent.uid);
    if (before?.canMerge(intent) && !alone) {
      before.add(intent);
      this.merged += 1;
      return;
    }
    const pending = new PendingWrite(intent);
    pending.alone = alone;
    this.waiting.push(pending);
    this.last.set(intent.uid, pending);
  }

  /** The lanes that have something to send now, with the time since when. */
  ready(): Map<Lane, number> {
    const lanes = new Map<Lane, number>();
    for (const write of this.sendable()) {
      const { lane, since } = write;
      lanes.set(lane, Math.min(lanes.get(lane) ?? Infinity, since));
    }
    return lanes;
  }

  /** The lanes of which a request would be full. Closings and updates share one, so they are full together. */
  full(maxItems: number): Set<Lane> {
    const ordinary = this.sendable().filter((write) => !write.alone && !write.suspects && !write.mustLook);
    const lanes = new Set<Lane>();
    for (const kind of ['create', 'update'] as const) {
      const same = ordinary.filter((write) => write.kind === kind);
      if (same.length >= maxItems) for (const write of same) lanes.add(write.lane);
    }
    return lanes;
  }

  /**
   * Takes what may go in one request of this lane, the longest-waiting first: writes of one method and of different
   * tasks. Closings and updates share a request, so one lane's free places go to the other.
   */
  take(lane: Lane, maxItems: number, maxBytes: number): PendingWrite[] {
    const sendable = this.sendable();
    const first = sendable.find((write) => write.lane === lane);
    if (!first) return [];
    // A look spoils nothing: what has to go alone may be looked at with others, unless it is to be read by its own address.
    const lonely = (write: PendingWrite) => (first.mustLook ? write.lookAlone : write.alone);
    const fits = (write: PendingWrite) =>
      write.kind === first.kind && write.mustLook === first.mustLook && write.suspects === first.suspects;
    const company = lonely(first) ? [] : sendable.filter((write) => write !== first && !lonely(write) && fits(write));
    const own = company.filter((write) => write.lane === lane);
    const others = company.filter((write) => write.lane !== lane);

    const batch = [first];
    let bytes = first.bytes;
    for (const write of [...own, ...others]) {
      if (batch.length >= maxItems) break;
      const more = write.bytes;
      if (bytes + more > maxBytes) continue;
      bytes += more;
      batch.push(write);
    }
    this.remove(new Set(batch));
    for (const { uid } of batch) this.inFlight.add(uid);
    if (first.mustLook) for (const write of batch) this.lookedAt.add(write);
    return batch;
  }

  /** The writes are no longer in flight; `again` go back to the front, in their order, without what nobody wants any more. */
  landed(batch: PendingWrite[], again: PendingWrite[] = []): void {
    for (const write of batch) {
      this.inFlight.delete(write.uid);
      this.lookedAt.delete(write);
    }
    const wanted = again.filter((write) => write.dropAborted());
    this.waiting = [...wanted, ...this.waiting];
    for (const write of wanted) if (!this.last.has(write.uid)) this.last.set(write.uid, write);
  }

  /** What was found by looking is no longer to be relied on. */
  lookAgain(): void {
    for (const write of this.waiting) if (write.looked) write.unsure = true;
  }

  /** Takes an intent back that has not been sent. False when it is too late. */
  withdraw(intent: Intent): boolean {
    const holder = this.waiting.find((write) => write.uid === intent.uid && write.drop(intent));
    if (!holder) return false;
    if (holder.intents.length === 0) this.remove(new Set([holder]));
    return true;
  }

  drain(): Intent[] {
    const all = this.waiting.flatMap(({ intents }) => intents);
    this.waiting = [];
    this.last.clear();
    return all;
  }

  private remove(taken: ReadonlySet<PendingWrite>): void {
    this.waiting = this.waiting.filter((write) => !taken.has(write));
    for (const write of taken) if (this.last.get(write.uid) === write) this.last.delete(write.uid);
  }

  /** The first waiting write of each task that is not in flight. */
  private sendable(): PendingWrite[] {
    const uids = new Set(this.inFlight);
    return this.waiting.filter(({ uid }) => {
      if (uids.has(uid)) return false;
      uids.add(uid);
      return true;
    });
  }
}
