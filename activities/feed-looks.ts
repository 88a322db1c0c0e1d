import { BulkReader, type Request } from '../fragment/bulk-read.js';
import type { FragmentClient, TaskApi } from '../fragment/client.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Task } from '../fragment/schema.js';
import { stepDown, type FeedCursor } from './feed-cursor.js';
import { OpenTaskSweep } from './feed-sweep.js';

export interface LookOptions {
  /** Tasks that a webhook has named: these first. */
  hinted: readonly string[];
  /** About as many requests may be spent; a sweep takes what it takes. None: `awaited` is no more than what was hinted. */
  requests: number;
  /** Behind the list, looks only check that it keeps nothing back: after the first cycle, no sweeps. */
  audit: boolean;
  retryMs: number;
  signal?: AbortSignal;
}

export interface Seen {
  tasks: Task[];
  /** Read singly, and not there. */
  deleted: string[];
}

type Attempt = Seen | { refused: string };

/** Suspects that a round reads singly. */
const SUSPECTS = 5;

/**
 * Looks at the awaited tasks by the best way that works, stepping down within the round where one does not. However many
 * there are, a round looks at a part of them, and goes on in the next where it ended: each in its turn, the oldest-looked-at
 * first.
 *
 * A task that a list or a bulk read does not show is only a suspect: a read of the task itself decides.
 */
export class AwaitedLooks {
  private readonly bulk: BulkReader;
  private readonly sweep: OpenTaskSweep;
  /** Left out of bulk reads, where a missing task may refuse the whole request; as large as what is awaited at most. */
  private missing = new Set<string>();

  constructor(
    private readonly client: TaskApi & Pick<FragmentClient, 'listTasks'>,
    private readonly request: Request,
    maxBatch: number,
  ) {
    this.bulk = new BulkReader(client, request, maxBatch);
    this.sweep = new OpenTaskSweep(client, request);
  }

  /** Tasks that a request reads. */
  get batch(): number {
    return this.bulk.size;
  }

  tryAgain(): void {
    this.bulk.tryAgain();
  }

  async look(cursor: FeedCursor, awaited: readonly string[], options: LookOptions): Promise<Seen> {
    const uids = awaited.toSorted();
    const known = new Set(uids);
    const hinted = options.hinted.filter((uid) => known.has(uid));
    if (options.requests > 0) this.missing = new Set(uids.filter((uid) => this.missing.has(uid)));
    for (;;) {
      const seen = await this.attempt(cursor, uids, { ...options, hinted });
      if (!('refused' in seen)) return seen;
      stepDown(cursor, 'reading', seen.refused, options.retryMs);
    }
  }

  private attempt(cursor: FeedCursor, uids: readonly string[], options: LookOptions): Promise<Attempt> {
    if (cursor.reading === 'bulk') return this.inBulk(cursor, uids, options);
    if (cursor.reading === 'sweep' && !(options.audit && cursor.cycled)) return this.amongOpen(cursor, uids, options);
    // Behind the list, single reads are for spot checks alone: a whole cycle of them would cost hours of the budget.
    if (options.audit) cursor.cycled = true;
    const turn = this.inTurn(cursor, uids, options.audit ? 1 : options.requests);
    return this.singly([...new Set([...options.hinted.slice(0, SUSPECTS), ...turn])], options.signal);
  }

  private async inBulk(cursor: FeedCursor, uids: readonly string[], options: LookOptions): Promise<Attempt> {
    const readable = uids.filter((uid) => !this.missing.has(uid));
    const hinted = options.hinted.filter((uid) => !this.missing.has(uid));
    const turn = this.inTurn(cursor, readable, options.requests * this.batch - hinted.length);
    const due = [...new Set([...hinted, ...turn])];
    const tasks = await this.bulk.readInBulk(due, options.signal);
    if (!tasks) return { refused: 'Fragment neither queries tasks by uid nor answers a batch of uids' };
    const found = new Set(tasks.map(({ uid }) => uid));
    for (const uid of due) if (!found.has(uid)) this.missing.add(uid);
    const archived = tasks.filter((task) => task.archived).map(({ uid }) => uid);
    const doubtful = uids.filter((uid) => this.missing.has(uid) || archived.includes(uid));
    const seen = await this.suspects(cursor, doubtful, options);
    return { ...seen, tasks: [...tasks.filter((task) => !task.archived), ...seen.tasks] };
  }

  private async amongOpen(cursor: FeedCursor, uids: readonly string[], options: LookOptions): Promise<Attempt> {
    // A round that a webhook has asked for is over sooner without the sweep.
    if (options.requests === 1 && options.hinted.length > 0) {
      return this.singly(options.hinted.slice(0, SUSPECTS), options.signal);
    }
    const swept = await this.sweep.open(options.signal);
    if ('refused' in swept) return swept;
    cursor.cycled = true;
    const closed = uids.filter((uid) => !swept.open.has(uid));
    return this.suspects(cursor, closed, options);
  }

  private async suspects(cursor: FeedCursor, uids: readonly string[], options: LookOptions): Promise<Seen> {
    const first = options.hinted.filter((uid) => uids.includes(uid)).slice(0, SUSPECTS);
    const turn = next(uids, cursor.suspect, SUSPECTS);
    // Where `uids` are some of them, the turn of the others stands where it stood.
    if (options.requests > 0) cursor.suspect = turn.at(-1);
    const seen = await this.singly([...new Set([...first, ...turn])], options.signal);
    for (const { uid } of seen.tasks) this.missing.delete(uid);
    return seen;
  }

  /** The only reads that may say a task is gone. */
  async singly(uids: readonly string[], signal?: AbortSignal): Promise<Seen> {
    const seen: Seen = { tasks: [], deleted: [] };
    for (const uid of uids) {
      try {
        seen.tasks.push(await this.request(() => this.client.getTask(uid), { signal }));
      } catch (error) {
        if (!(error instanceof FragmentRejectedError)) throw error;
        if (error.status === 404) seen.deleted.push(uid);
      }
    }
    return seen;
  }

  private inTurn(cursor: FeedCursor, uids: readonly string[], count: number): string[] {
    const turn = next(uids, cursor.position, count);
    const last = turn.at(-1);
    if (last === undefined || turn.length === uids.length || last <= (cursor.position ?? '')) cursor.cycled = true;
    cursor.position = last ?? cursor.position;
    return turn;
  }
}

/** As many as `count` of the sorted uids, beginning after the one that was last, and again at the front. */
function next(uids: readonly string[], last: string | undefined, count: number): string[] {
  const start =
    last === undefined
      ? 0
      : Math.max(
          0,
          uids.findIndex((uid) => uid > last),
        );
  return [...uids.slice(start), ...uids.slice(0, start)].slice(0, Math.max(0, count));
}
