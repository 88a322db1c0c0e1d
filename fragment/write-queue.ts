import type { Task, TaskWrite } from './schema.js';

/** One intent for one task. */
export interface Write {
  uid: string;
  /** `create` is sent as PUT, `update` as PATCH. */
  kind: 'create' | 'update';
  body: TaskWrite;
  /** An earlier attempt may have been applied (a retry, a lost answer): look at the task before sending. */
  unsure?: boolean;
  /**
   * Asked, when the write is unsure, of the task as it now stands: false means that the write has been applied, or that a
   * person has moved on since. Without it a creation is needed while the task does not exist, an update always.
   */
  stillNeeded?: (task: Task | undefined) => boolean;
}

export interface WaitingWrite extends Write {
  enqueuedAt: number;
  /** Suspects of a refused batch are sent together again, apart from the others, until the culprit stands alone. */
  suspects?: symbol;
  resolve: (task: Task) => void;
  reject: (error: unknown) => void;
}

/** Writes that wait for a request, in order. A task's writes never overtake each other and never fly together. */
export class WriteQueue {
  private waiting: WaitingWrite[] = [];
  private readonly inFlight = new Set<string>();

  get size(): number {
    return this.waiting.length;
  }

  add(write: WaitingWrite): void {
    this.waiting.push(write);
  }

  /** When the write that would be sent next was asked for; undefined when none may be sent now. */
  nextSince(): number | undefined {
    return this.sendable()[0]?.enqueuedAt;
  }

  /**
   * Takes the writes that may go together, the longest-waiting first: of one kind, of different tasks, none of a task
   * that is in flight, no suspects with others.
   */
  take(max: number): WaitingWrite[] {
    const sendable = this.sendable();
    const first = sendable[0];
    if (!first) return [];
    const batch = sendable
      .filter((write) => write.suspects === first.suspects)
      .filter((write) => write.kind === first.kind && mustLook(write) === mustLook(first))
      .slice(0, max);
    const taken = new Set(batch);
    this.waiting = this.waiting.filter((write) => !taken.has(write));
    for (const write of batch) this.inFlight.add(write.uid);
    return batch;
  }

  /** The writes are no longer in flight; `again` go back to the front, in their order. */
  landed(batch: WaitingWrite[], again: WaitingWrite[] = []): void {
    for (const write of batch) this.inFlight.delete(write.uid);
    this.waiting = [...again, ...this.waiting];
  }

  /** Takes a write back that has not been sent. False when it is too late. */
  withdraw(write: WaitingWrite): boolean {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((other) => other !== write);
    return this.waiting.length < before;
  }

  drain(): WaitingWrite[] {
    const all = this.waiting;
    this.waiting = [];
    return all;
  }

  private sendable(): WaitingWrite[] {
    const uids = new Set(this.inFlight);
    return this.waiting.filter((write) => {
      if (uids.has(write.uid)) return false;
      uids.add(write.uid);
      return true;
    });
  }
}

/** Whether the task has to be read before the write may be sent. */
export function mustLook(write: Write): boolean {
  return write.unsure === true && (write.kind === 'create' || write.stillNeeded !== undefined);
}

export function stillNeeded(write: Write, task: Task | undefined): boolean {
  if (write.stillNeeded) return write.stillNeeded(task);
  return write.kind === 'update' || task === undefined;
}
