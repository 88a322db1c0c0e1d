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
  /** Looked at by its own address: a search, which looks at several tasks at once, may be behind. */
  lookAlone?: boolean;
}

/** A caller's write, and how to tell it the outcome. */
export interface Intent extends Write {
  enqueuedAt: number;
  /** See Trace. */
  asker?: unknown;
  /** Its caller has given up. */
  signal?: AbortSignal;
  resolve: (task: Task) => void;
  reject: (error: unknown) => void;
}

/** What is sent of one task: the intents that came together before it was its turn, merged. */
export class PendingWrite {
  readonly uid: string;
  intents: readonly Intent[];
  unsure: boolean;
  /** A look has found that it is needed, which is true of that moment only. */
  looked = false;
  /** Set where this write stood in a refused batch: suspects of one half are sent together, apart from all others. */
  suspects?: Suspects;
  /** It may only go alone: it was refused before, or Fragment did not answer for it. */
  alone = false;
  /** It may only be looked at alone: Fragment refused to show several tasks, of which this was one. */
  hidden = false;
  /** How often it was in a request that got a 500, and how many writes Fragment had taken when that began. */
  crashes = 0;
  takenBefore = 0;
  /** Merging and measuring thousands of waiting writes for each request would cost more than sending them. */
  private merged?: Merged;

  constructor(first: Intent) {
    this.uid = first.uid;
    this.intents = [first];
    this.unsure = first.unsure === true;
  }

  get since(): number {
    return this.intents[0]!.enqueuedAt;
  }

  get kind(): Write['kind'] {
    return this.whole().kind;
  }

  get body(): TaskWrite {
    return this.whole().body;
  }

  get item(): BatchItem {
    return { ...this.body, uid: this.uid };
  }

  /** On the wire, with its comma. */
  get bytes(): number {
    const whole = this.whole();
    whole.bytes ??= Buffer.byteLength(JSON.stringify(this.item)) + 1;
    return whole.bytes;
  }

  get lane(): Lane {
    if (this.suspects) return 'suspect';
    if (this.kind === 'create') return 'create';
    return this.body.status === 'DONE' ? 'close' : 'update';
  }

  /** Whether the task has to be read before this may be sent. */
  get mustLook(): boolean {
    return this.unsure && this.intents.some(({ kind, stillNeeded }) => kind === 'create' || stillNeeded !== undefined);
  }

  get lookAlone(): boolean {
    return this.hidden || this.intents.some(({ lookAlone }) => lookAlone);
  }

  /** An unsure write is judged by a look at the task, and what may have been sent already takes nothing more in. */
  canMerge(intent: Intent): boolean {
    return !this.unsure && !this.looked && !intent.unsure && !this.suspects && !this.alone;
  }

  add(intent: Intent): void {
    this.keep([...this.intents, intent]);
  }

  /**
   * Parts with the intents that the task, as it now stands, no longer needs, and answers them. What is left of a creation
   * and an update, say, is an update: the task exists, and sending the creation again could undo what a person did.
   *
   * They went out in one request, so the task does not hold of an older intent what a newer one has overwritten: where the
   * newer is settled, so is the older, which must not be sent over it. Where they share no key each is judged alone: the
   * task may have been as the newer wants it all along, and the request never applied.
   */
  settledBy(task: Task): Intent[] {
    const settled: Intent[] = [];
    for (const intent of this.intents.toReversed()) {
      const needed = intent.stillNeeded?.(task) ?? intent.kind === 'update';
      if (!needed || settled.some((newer) => shareKey(newer.body, intent.body))) settled.unshift(intent);
    }
    this.keep(this.intents.filter((intent) => !settled.includes(intent)));
    return settled;
  }

  /** In a request that got a 500, by when Fragment had taken so many writes of its kind. */
  crashed(taken: number): void {
    if (this.crashes === 0) this.takenBefore = taken;
    this.crashes += 1;
  }

  /** Each intent by itself, in order. */
  parts(): PendingWrite[] {
    const { unsure, looked } = this;
    return this.intents.map((intent) => Object.assign(new PendingWrite(intent), { alone: true, unsure, looked }));
  }

  /** False when the intent is not among them. */
  drop(intent: Intent): boolean {
    const rest = this.intents.filter((other) => other !== intent);
    if (rest.length === this.intents.length) return false;
    this.keep(rest);
    return true;
  }

  /** Parts with the intents whose callers have given up. False when none is left. */
  dropAborted(): boolean {
    for (const { signal, reject } of this.intents) if (signal?.aborted) reject(signal.reason);
    this.keep(this.intents.filter(({ signal }) => !signal?.aborted));
    return this.intents.length > 0;
  }

  private keep(intents: readonly Intent[]): void {
    this.intents = intents;
    this.merged = undefined;
  }

  private whole(): Merged {
    this.merged ??= merge(this.intents);
    return this.merged;
  }
}

function shareKey(a: TaskWrite, b: TaskWrite): boolean {
  return Object.keys(a).some((key) => key in b);
}

interface Merged {
  kind: Write['kind'];
  body: TaskWrite;
  bytes?: number;
}

/** The newest intent wins, key by key; `fields` are merged too, since an update may name only some of them. */
function merge(intents: readonly Intent[]): Merged {
  const bodies = intents.map(({ body }) => body);
  const body: TaskWrite = Object.assign({}, ...bodies);
  if (bodies.some(({ fields }) => fields)) body.fields = Object.assign({}, ...bodies.map(({ fields }) => fields));
  return { kind: intents.some(({ kind }) => kind === 'create') ? 'create' : 'update', body };
}
