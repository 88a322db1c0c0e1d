import { BatchSize, type Suspects } from './batch-size.js';
import type { TaskApi } from './client.js';
import { FragmentAuthError, FragmentError, FragmentRejectedError, isCrash } from './errors.js';
import type { Intent, PendingWrite } from './pending-write.js';
import type { Task } from './schema.js';

export interface BatchSenderOptions {
  client: TaskApi;
  readMany: (uids: readonly string[]) => Promise<Task[]>;
  size: BatchSize;
  acknowledged: (intents: readonly Intent[], task: Task) => void;
  /** Told of every failure that says nothing of the writes themselves. */
  failed: (error: FragmentError) => void;
  /** Whether a 403 is about the token or about these writes: a refusal, where the token turns out to be good. */
  judge: (error: unknown) => Promise<unknown>;
  learnt: (what: string, fields: Record<string, unknown>) => void;
}

/** So many 500s in a row may be the doing of one write of the batch; of one that is alone, so many are. Fewer: the server's. */
const CRASHES = 2;
const CRASHES_ALONE = 5;
/** How many refused writes are remembered. One more is a batch too many at worst. */
const CULPRITS = 1_000;

/**
 * Carries one batch to Fragment and settles what can be settled; whatever is to be sent again is returned. A refused
 * batch is halved until the culprit stands alone, whether the server applied none, some or all the good ones of it.
 */
export class BatchSender {
  private readonly culprits = new Set<string>();
  /** How many writes Fragment has taken: where it takes others, one that always gets a 500 is the cause of it. */
  private readonly taken = { create: 0, update: 0 };

  constructor(private readonly options: BatchSenderOptions) {}

  /** Fragment refused this task before: it would only spoil a batch again. */
  isCulprit(uid: string): boolean {
    return this.culprits.has(uid);
  }

  /** Some of these may have been applied already: those are settled with the task as it stands. */
  async look(batch: PendingWrite[]): Promise<PendingWrite[]> {
    let tasks: Map<string, Task>;
    try {
      tasks = byUid(await this.options.readMany(batch.map(({ uid }) => uid)));
    } catch (error) {
      if (error instanceof FragmentRejectedError) return this.notShown(batch, error);
      // The reader's request has already paused the sending; the look is due again.
      return isCrash(error) ? this.afterCrash(batch, error, 'look') : batch;
    }
    return batch.filter((write) => {
      const task = tasks.get(write.uid);
      Object.assign(write, { unsure: false, looked: true });
      if (!task) return true;
      const settled = write.settledBy(task);
      if (write.intents.length > 0) {
        this.options.acknowledged(settled, task);
        return true;
      }
      this.accept(write, settled, task);
      return false;
    });
  }

  async send(batch: PendingWrite[]): Promise<PendingWrite[]> {
    try {
      const tasks = await this.transmit(batch);
      const taken = batch.filter(({ uid }) => tasks.has(uid)).length;
      this.options.size.took(taken);
      if (batch[0]) this.taken[batch[0].kind] += taken;
      return batch.filter((write) => {
        const task = tasks.get(write.uid);
        if (task) this.accept(write, write.intents, task);
        // Fragment said nothing of it: it is asked alone, where the answer can only mean it.
        else Object.assign(write, { unsure: true, alone: true, suspects: undefined });
        return !task;
      });
    } catch (error) {
      return this.afterFailure(batch, await this.options.judge(error));
    }
  }

  /**
   * The answered tasks by uid: a batch's order is not documented. A lone write goes to the task's own path, whose answer
   * can mean no other task.
   */
  private async transmit(batch: PendingWrite[]): Promise<Map<string, Task>> {
    const { client } = this.options;
    const [first] = batch as [PendingWrite];
    const create = first.kind === 'create';
    if (batch.length === 1) {
      const task = await (create ? client.putTask(first.uid, first.body) : client.patchTask(first.uid, first.body));
      return new Map([[first.uid, task]]);
    }
    const items = batch.map(({ item }) => item);
    return byUid(await (create ? client.putTasks(items) : client.patchTasks(items)));
  }

  private afterFailure(batch: PendingWrite[], error: unknown): PendingWrite[] {
    const { size } = this.options;
    // What is no answer of Fragment's is a fault of ours: the write that meets it must not go round and round.
    const refused = error instanceof FragmentRejectedError || !(error instanceof FragmentError);
    if (refused && batch.length === 1) return this.refuse(batch[0]!, error);
    if (error instanceof FragmentRejectedError && error.status === 413) {
      size.tooLarge({ items: batch.length, bytes: batch.reduce((sum, { bytes }) => sum + bytes, 0) });
      this.options.learnt('Fragment takes smaller batches', { items: size.items, bytes: size.bytes });
      return batch;
    }
    if (refused) return halve(batch, error instanceof FragmentRejectedError);
    this.options.failed(error);
    // A 429 or 401 was turned away at the door; any other failure may have come after the writing.
    if (error.status !== 429 && !(error instanceof FragmentAuthError)) for (const write of batch) write.unsure = true;
    return isCrash(error) ? this.afterCrash(batch, error, 'write') : batch;
  }

  /**
   * What Fragment falls over may be one of them, each time: it must not hold up the others for ever. It is found by halving, as
   * a refused one is, and alone it is its caller's again, who comes back later each time. While nothing else of its kind is
   * taken, it is the server that is ill: then nothing is halved twice, and everything waits.
   */
  private afterCrash(batch: PendingWrite[], error: FragmentError, doing: 'look' | 'write'): PendingWrite[] {
    for (const write of batch) write.crashed(this.taken[write.kind]);
    const often = batch.some(({ crashes }) => crashes >= CRASHES);
    const othersPass = batch.some(({ kind, takenBefore }) => this.taken[kind] > takenBefore);
    const [first] = batch as [PendingWrite];
    if (batch.length === 1) {
      const own = this.isCulprit(first.uid) || (othersPass && first.crashes >= CRASHES_ALONE);
      return own ? this.refuse(first, error) : batch;
    }
    if (doing === 'look') return often && othersPass ? oneByOne(batch) : batch;
    return often && (othersPass || !first.suspects) ? halve(batch, true, true) : batch;
  }

  /** Fragment refuses to show a task, so nobody can tell whether writing to it again undoes something: it stays as it is. */
  private notShown(batch: PendingWrite[], error: FragmentRejectedError): PendingWrite[] {
    return batch.length === 1 ? this.refuse(batch[0]!, error) : oneByOne(batch);
  }

  private accept(write: PendingWrite, intents: readonly Intent[], task: Task): void {
    this.culprits.delete(write.uid);
    this.options.acknowledged(intents, task);
    if (write.suspects) this.decide(write.suspects, 'accepted');
  }

  private refuse(write: PendingWrite, error: unknown): PendingWrite[] {
    if (write.suspects) this.decide(write.suspects, 'culprit');
    // One of them may be the culprit, and the others have nothing to do with it.
    if (write.intents.length > 1) return write.parts();
    this.culprits.add(write.uid);
    const [oldest] = this.culprits;
    if (this.culprits.size > CULPRITS && oldest) this.culprits.delete(oldest);
    for (const { reject } of write.intents) reject(error);
    return [];
  }

  private decide({ inquiry }: Suspects, verdict: 'accepted' | 'culprit'): void {
    const { size, learnt } = this.options;
    if (size.decided(inquiry, verdict)) learnt('Fragment takes smaller batches', { items: size.items });
  }
}

function halve(batch: PendingWrite[], mayBeApplied: boolean, crash = false): PendingWrite[] {
  const inquiry = batch[0]?.suspects?.inquiry ?? { crash, items: batch.length, undecided: batch.length, culprits: 0 };
  const middle = Math.ceil(batch.length / 2);
  for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
    const suspects: Suspects = { inquiry };
    for (const write of half) Object.assign(write, { suspects, unsure: write.unsure || mayBeApplied });
  }
  return batch;
}

/** Their tasks are looked at each by its own address. */
function oneByOne(batch: PendingWrite[]): PendingWrite[] {
  for (const write of batch) write.hidden = true;
  return batch;
}

const byUid = (tasks: Task[]): Map<string, Task> => new Map(tasks.map((task) => [task.uid, task]));
