import { BulkReader, type Request } from '../fragment/bulk-read.js';
import type { FragmentClient, TaskApi } from '../fragment/client.js';
import { FragmentRejectedError, isCrash } from '../fragment/errors.js';
import type { Task } from '../fragment/schema.js';
import { stepDown, type FeedCursor } from './feed-cursor.js';
import { OpenTaskSweep } from './feed-sweep.js';
import { takeTurn, type AwaitedTasks } from './feed-turn.js';

export interface LookOptions {
  /** Tasks that a webhook has named: these first. */
  hinted: readonly string[];
  /** About as many requests may be spent; a sweep takes what it takes. None: what is hinted at is all there is to look at. */
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
  /** Who awaits them, and what else was hinted at and is awaited: uid -> workflow id. */
  owners: ReadonlyMap<string, string>;
}

type Attempt = Seen | { refused: string };
type Look = Omit<LookOptions, 'hinted'> & { hinted: ReadonlyMap<string, string> };

/** Suspects that a round reads singly, and those of which it asks whether they are awaited still. */
const SUSPECTS = 5;
const IN_LINE = 100;

/**
 * Looks at the awaited tasks by the best way that works, stepping down within the round where one does not. However many
 * there are, a round looks at a part of them, and goes on in the next where it ended: each in its turn.
 *
 * A task that a list or a bulk read does not show is only a suspect: a read of the task itself decides.
 */
export class AwaitedLooks {
  private readonly bulk: BulkReader;
  private readonly sweep: OpenTaskSweep;
  /** Left out of bulk reads, where a missing task may refuse the whole request; until its turn shows that nobody waits for it. */
  private readonly missing = new Set<string>();
  /** A bulk read has shown them archived, and no read of their own has yet. */
  private readonly archived = new Set<string>();

  constructor(
    private readonly client: TaskApi & Pick<FragmentClient, 'listTasks'>,
    private readonly request: Request,
    private readonly awaited: AwaitedTasks,
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

  async look(cursor: FeedCursor, options: LookOptions): Promise<Seen> {
    const hinted = await this.awaited.awaitedAmong(options.hinted);
    for (;;) {
      const seen = await this.attempt(cursor, { ...options, hinted });
      if (!('refused' in seen)) return { ...seen, owners: new Map([...hinted, ...seen.owners]) };
      stepDown(cursor, 'reading', seen.refused, options.retryMs);
    }
  }

  private attempt(cursor: FeedCursor, look: Look): Promise<Attempt> {
    if (cursor.reading === 'bulk') return this.inBulk(cursor, look);
    if (cursor.reading === 'sweep' && !(look.audit && cursor.cycled)) return this.amongOpen(cursor, look);
    return this.oneByOne(cursor, look);
  }

  private async inBulk(cursor: FeedCursor, look: Look): Promise<Attempt> {
    const turn = await takeTurn(this.awaited, cursor, look.requests * this.batch - look.hinted.size);
    const owners = new Map([...look.hinted, ...turn.tasks]);
    const due = [...owners.keys()].filter((uid) => !this.missing.has(uid));
    const tasks = await this.bulk.readInBulk(due, look.signal);
    if (!tasks) return { refused: 'Fragment neither queries tasks by uid nor answers a batch of uids' };
    turn.over();
    const found = new Set(tasks.map(({ uid }) => uid));
    for (const uid of due) if (!found.has(uid)) this.missing.add(uid);
    for (const { uid, archived } of tasks) if (archived) this.archived.add(uid);
    const seen = await this.suspects(cursor, [...this.missing, ...this.archived], owners, look);
    return { ...seen, tasks: [...tasks.filter((task) => !task.archived), ...seen.tasks] };
  }

  private async amongOpen(cursor: FeedCursor, look: Look): Promise<Attempt> {
    // A round that a webhook has asked for is over sooner without the sweep.
    if (look.requests <= 1 && look.hinted.size > 0) return this.singly(firstOf(look.hinted), look.signal);
    // Before the sweep, which takes its time: a task that is opened during it is no suspect.
    const awaited = await this.awaited.awaitedTasks();
    const swept = await this.sweep.open(look.signal);
    if ('refused' in swept) return swept;
    Object.assign(cursor, { cycled: true, awaited: awaited.size, counted: 0, place: undefined });
    const closed = [...awaited.keys()].filter((uid) => !swept.open.has(uid));
    return this.suspects(cursor, closed, awaited, look);
  }

  private async oneByOne(cursor: FeedCursor, look: Look): Promise<Seen> {
    // Behind the list, single reads are for spot checks alone: a whole cycle of them would cost hours of the budget.
    if (look.audit) cursor.cycled = true;
    const turn = await takeTurn(this.awaited, cursor, look.audit ? Math.min(1, look.requests) : look.requests);
    const seen = await this.singly(new Map([...firstOf(look.hinted), ...turn.tasks]), look.signal);
    turn.over();
    return seen;
  }

  /** Reads some of them singly, those that were hinted at first, the others in their turn. */
  private async suspects(
    cursor: FeedCursor,
    suspects: readonly string[],
    known: ReadonlyMap<string, string>,
    { hinted, requests, signal }: Look,
  ): Promise<Seen> {
    const first = suspects.filter((uid) => hinted.has(uid)).slice(0, SUSPECTS);
    const line = requests > 0 ? next(suspects.toSorted(), cursor.suspect, IN_LINE) : [];
    // Found in an earlier round, they may be awaited no more.
    const unsure = await this.awaited.awaitedAmong(line.filter((uid) => !known.has(uid)));
    const owners = new Map([...known, ...unsure]);
    for (const uid of line) if (!owners.has(uid)) this.forget(uid);
    const turn = line.filter((uid) => owners.has(uid)).slice(0, SUSPECTS);
    if (requests > 0) cursor.suspect = turn.at(-1);
    const due = [...new Set([...first, ...turn])].map((uid) => [uid, owners.get(uid) as string] as const);
    const seen = await this.singly(new Map(due), signal);
    for (const { uid } of seen.tasks) this.forget(uid);
    return { ...seen, owners };
  }

  private forget(uid: string): void {
    this.missing.delete(uid);
    this.archived.delete(uid);
  }

  private async singly(owners: ReadonlyMap<string, string>, signal?: AbortSignal): Promise<Seen> {
    return { ...(await this.readSingly([...owners.keys()], signal)), owners };
  }

  /** The only reads that may say a task is gone. */
  async readSingly(uids: readonly string[], signal?: AbortSignal): Promise<Pick<Seen, 'tasks' | 'deleted'>> {
    const seen: Pick<Seen, 'tasks' | 'deleted'> = { tasks: [], deleted: [] };
    let crashes = 0;
    for (const uid of uids) {
      try {
        seen.tasks.push(await this.request(() => this.client.getTask(uid), { signal }));
      } catch (error) {
        // What Fragment falls over must not keep the others from being told of.
        if (isCrash(error)) crashes += 1;
        else if (!(error instanceof FragmentRejectedError)) throw error;
        else if (error.status === 404) seen.deleted.push(uid);
        if (crashes > 1 && crashes === uids.length) throw error;
      }
    }
    return seen;
  }
}

const firstOf = (hinted: ReadonlyMap<string, string>) => new Map([...hinted].slice(0, SUSPECTS));

/** As many as `count` of the sorted uids, beginning after the one that was last, and again at the front. */
function next(uids: readonly string[], last: string | undefined, count: number): string[] {
  const after = last === undefined ? 0 : uids.findIndex((uid) => uid > last);
  const start = Math.max(0, after);
  return [...uids.slice(start), ...uids.slice(0, start)].slice(0, Math.max(0, count));
}
