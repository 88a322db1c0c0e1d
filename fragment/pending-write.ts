import type { Suspects } from './batch-size.js';
import type { Lane } from './lanes.js';
import type { BatchItem, Task, TaskWrite } from './schema.js';

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

/** A caller's write, and how to tell it the outcome. */
export interface Intent extends Write {
  enqueuedAt: number;
  resolve: (task: Task) => void;
  reject: (error: unknown) => void;
}

/** What is sent of one task: the intents that came together before it was its turn, merged. */
export class PendingWrite {
  readonly uid: string;
  intents: Intent[];
  unsure: boolean;
  /** Set where this write stood in a refused batch: suspects of one half are sent together, apart from all others. */
  suspects?: Suspects;
  /** It may only go alone: it was refused before, or Fragment did not answer for it. */
  alone = false;

  constructor(first: Intent) {
    this.uid = first.uid;
    this.intents = [first];
    this.unsure = first.unsure === true;
  }

  get since(): number {
    return this.intents[0]!.enqueuedAt;
  }

  get kind(): Write['kind'] {
    return this.intents.some(({ kind }) => kind === 'create') ? 'create' : 'update';
  }

  /** The newest intent wins, key by key; `fields` are merged too, since an update may name only some of them. */
  get body(): TaskWrite {
    const bodies = this.intents.map(({ body }) => body);
    const merged: TaskWrite = Object.assign({}, ...bodies);
    if (bodies.some(({ fields }) => fields)) merged.fields = Object.assign({}, ...bodies.map(({ fields }) => fields));
    return merged;
  }

  get item(): BatchItem {
    return { ...this.body, uid: this.uid };
  }

  /** On the wire, with its comma. */
  get bytes(): number {
    return Buffer.byteLength(JSON.stringify(this.item)) + 1;
  }

  get lane(): Lane {
    if (this.suspects) return 'suspect';
    if (this.kind === 'create') return 'create';
    return this.body.status === 'DONE' ? 'close' : 'update';
  }

  /** Whether the task has to be read before this may be sent. */
  get mustLook(): boolean {
    return this.unsure && (this.kind === 'create' || this.newest.stillNeeded !== undefined);
  }

  stillNeeded(task: Task | undefined): boolean {
    if (!task) return true;
    return this.newest.stillNeeded ? this.newest.stillNeeded(task) : this.kind === 'update';
  }

  /** An unsure write is judged by a look at the task, which can answer for one intent only. */
  canMerge(intent: Intent): boolean {
    return !this.unsure && !intent.unsure && !this.suspects && !this.alone;
  }

  private get newest(): Intent {
    return this.intents.at(-1)!;
  }
}
