import type { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { taskKey } from '../../workflows/tasks/contract.js';
import type { SimulatedFragment } from './fragment.js';
import type { Hours } from './hours.js';
import type { Scenario } from './scenario.js';
import type { VirtualTime } from './virtual-time.js';
import type { Workers } from './workers.js';

export interface ClaimsParts {
  time: VirtualTime;
  hours: Hours;
  workers: Workers;
  gateway: Gateway;
  fragment: SimulatedFragment;
}

/** Claims as workflows/claim has them, reduced to what they write and what they wait for. */
export class SimulatedClaims {
  started = 0;
  mostAtOnce = 0;
  /** Of those that have ended: how long each took, in ms. */
  readonly took: number[] = [];
  /** From a completion to the process's hearing of it, and on until the next step's task is there, in ms. */
  readonly feedDelays: number[] = [];
  readonly handovers: number[] = [];
  /** By uid: what goes on when the process hears of its task. */
  private readonly waiting = new Map<string, { number: number; goOn: () => void }>();
  private waited = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly parts: ClaimsParts,
  ) {}

  async awaitedTasks(): Promise<Map<string, string>> {
    return new Map([...this.waiting.keys()].map((uid) => [uid, uid]));
  }

  async awaitedAmong(uids: readonly string[]): Promise<Map<string, string>> {
    return new Map(uids.flatMap((uid) => (this.waiting.has(uid) ? [[uid, uid]] : [])));
  }

  /** As Temporal lists them, the newest first: the place is the last one's number, which an end does not move. */
  async awaitedAfter(place: string | undefined, count: number) {
    const before = Number(place ?? Infinity);
    const behind = [...this.waiting].filter(([, { number }]) => number < before).toReversed();
    const some = behind.slice(0, count);
    const last = some.length < behind.length ? some.at(-1)?.[1].number : undefined;
    return { tasks: new Map(some.map(([uid]) => [uid, uid])), ...(last === undefined ? {} : { next: `${last}` }) };
  }

  /** The change feed's word that the task is done. */
  tell(uid: string): void {
    const waits = this.waiting.get(uid);
    if (!waits) return;
    this.waiting.delete(uid);
    this.feedDelays.push(this.parts.time.date() - this.parts.fragment.doneAt(uid));
    waits.goOn();
  }

  /** Each step's task is opened, or the single one moved to it; the payment is recorded as one that is done. */
  async run(id: string): Promise<void> {
    const { time, fragment } = this.parts;
    const { steps, lifecycle } = this.scenario;
    const began = time.now();
    this.started += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.started - this.took.length);
    let doneAt: number | undefined;
    for (let step = 1; step <= steps + 1; step += 1) {
      const uid = taskUid(taskKey(id, lifecycle, `${step}`, 1));
      const isPayment = step > steps;
      const told = isPayment ? undefined : this.told(uid);
      await this.write(uid, step, isPayment ? 'DONE' : 'TODO');
      if (doneAt !== undefined) this.handovers.push(time.date() - doneAt);
      await told;
      doneAt = fragment.doneAt(uid);
    }
    this.took.push(time.now() - began);
  }

  /** Before the task is there: whoever is quick may have done it before its creation is acknowledged. */
  private told(uid: string): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.set(uid, { number: (this.waited += 1), goOn: resolve });
    });
  }

  private async write(uid: string, step: number, status: 'TODO' | 'DONE'): Promise<void> {
    const { hours, workers, gateway } = this.parts;
    hours.count('steps');
    await workers.step();
    const kind = this.scenario.lifecycle === 'single-task' && step > 1 ? 'update' : 'create';
    await gateway.write({ uid, kind, body: { status, fields: { title: `Step ${step}`, step } } });
    hours.count('writes');
  }
}
