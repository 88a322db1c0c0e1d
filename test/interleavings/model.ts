/**
 * What has to become of a claim, told once more and simply: no Temporal, no requests, nothing under way. Each happening
 * takes effect at once and as a whole. It knows nothing of the product's code but the words of its states.
 */
import type { StepStatus } from '../../workflows/tasks/contract.js';
import type { Command, Saying, Setting } from './commands.js';

/** `review 1`: a step and its round. */
export type Place = string;

/** A command as it came about. */
export interface Happening {
  command: Command;
  /** By it the note of an answer and the reason of a verb say which one they are. */
  id: number;
  /** The task that a person found before them, or that news is forged of; undefined where there was none. */
  place?: Place;
  /** Which news is told again. */
  news?: number;
}

/**
 * What an Update answers; `kept` where the answer waits for the end of a pause. `undefined` for all else; `impossible`
 * where in this order it cannot have happened.
 */
export type Reply = 'taken' | 'refused' | 'kept' | 'either' | 'impossible' | undefined;

export interface ModelStep {
  place: Place;
  status: StepStatus;
  decision?: string;
  note?: string;
  by?: string;
  source?: string;
}

interface Task {
  status: 'TODO' | 'STARTED' | 'DONE';
  form?: { saying: Saying; id: number };
  by?: string;
  absent?: 'deleted' | 'archived';
}

type News = { place: Place } & ({ forged: true } | { forged?: undefined; task: Task });

const HOUR_OF = { remind: 20, due: 24, escalate: 48 };
/** As the command moves it: so many hours from then. */
export const DUE_MOVED_TO = 30;

export class Model {
  steps: ModelStep[] = [];
  /** Of the last step. */
  task?: Task;
  paused = false;
  outcome?: 'paid' | 'rejected' | 'withdrawn' | 'failed';
  /** Tasks that are open because people took them up again, by place. */
  leftOpen = new Set<Place>();
  /** What an operator's verb has to leave in the audit trail: its id. */
  audited: number[] = [];
  /** A pause came between a step and what follows it. */
  pending?: 'step' | 'work';
  /** Lets a pause come between what is asked and what it brings about, or between a step and what follows it. */
  stalls: 'not' | 'before' | 'after' = 'not';
  /** A task that is taken away before the process knows of it is made anew like one that never was. */
  opensAnew = false;
  /** What people do unheard of comes to light: a creation whose answer was lost is repeated, and answered with it. */
  finds = false;
  private next?: Place;
  /** Where the task was last opened, or shown as done. */
  private at?: Place;
  private taken = 0;
  private archived = false;
  private elapsed = 0;
  private alarms: number[] = [];
  private why?: 'no task' | 'taken away' | 'payment refused';
  private told = new Map<number, News>();
  private kept: (News | { verb: Happening; place: Place })[] = [];
  private refusesTasks = false;
  private refusesPayments = false;

  constructor(private readonly setting: Setting) {
    this.begin('data_entry 1');
  }

  copy(): Model {
    return Object.assign(new Model(this.setting), structuredClone(Object.fromEntries(Object.entries(this))));
  }

  /** Two models of which this is the same are the same. */
  get known(): unknown {
    return [Object.entries(this), [...this.leftOpen], [...this.told]];
  }

  apply(happening: Happening): Reply {
    const { command, place, id } = happening;
    switch (command.do) {
      case 'finish':
        return this.onTask(place, id, command.heard, (task) => {
          Object.assign(task, { status: 'DONE', form: { saying: command.saying, id }, by: command.by ?? undefined });
          return true;
        });
      case 'reopen':
        return this.onTask(place, id, true, (task) => {
          if (task.status !== 'DONE') return false;
          task.status = 'TODO';
          return true;
        });
      case 'toggle':
        return this.onTask(place, id, true, (task) => {
          if (task.status === 'DONE') return false;
          task.status = task.status === 'TODO' ? 'STARTED' : 'TODO';
          return true;
        });
      case 'take away':
        return this.onTask(place, id, command.heard, (task) => {
          if (command.how === 'deleted') Object.assign(task, { status: 'TODO', form: undefined, by: undefined });
          task.absent = command.how;
          return true;
        });
      case 'tell again':
        if (happening.news === undefined) return undefined;
        if (!this.told.has(happening.news)) return 'impossible';
        this.hear(this.told.get(happening.news) as News);
        return undefined;
      case 'feed catches up':
        if (place && place === this.last.place && this.task) this.hear({ place, task: structuredClone(this.task) });
        return undefined;
      case 'forge':
        if (place && command.what !== 'uid') this.hear({ place, forged: true });
        return undefined;
      case 'time passes':
        this.pass(command.hours);
        return undefined;
      case 'Fragment refuses tasks':
        this.refusesTasks = command.refuses;
        return undefined;
      case 'provider refuses payments':
        this.refusesPayments = command.refuses;
        return undefined;
      default:
        return this.asked(happening);
    }
  }

  private get last(): ModelStep {
    return this.steps.at(-1)!;
  }

  private get isOver(): boolean {
    return this.outcome !== undefined || !['waiting', 'working', 'parked'].includes(this.last.status);
  }

  private key(place: Place): Place {
    return this.setting.lifecycle === 'single-task' ? 'single' : place;
  }

  // What people do.

  private onTask(place: Place | undefined, id: number, heard: boolean, change: (task: Task) => boolean): Reply {
    if (!place) return undefined;
    if (place === this.last.place && !this.isOver) {
      if (!this.task || this.task.absent || !change(this.task)) return 'impossible';
      const news = { place, task: structuredClone(this.task) };
      this.told.set(id, news);
      if (heard || this.finds) this.hear(news);
      return undefined;
    }
    if (!this.steps.some((step) => step.place === place)) return 'impossible';
    // Where the single task has moved on, what was done to it before is gone.
    const there = this.key(place) === place || place === this.at;
    const task: Task = { status: this.leftOpen.has(this.key(place)) ? 'TODO' : 'DONE' };
    if (there && change(task)) {
      if (task.status === 'DONE' || task.absent === 'deleted') this.leftOpen.delete(this.key(place));
      else this.leftOpen.add(this.key(place));
    }
    this.told.set(id, { place, task });
    return undefined;
  }

  private hear(news: News): void {
    if (this.outcome) return;
    if (this.paused || this.stalls === 'before') this.kept.push(news);
    else this.consider(news);
  }

  private consider(news: News): void {
    if (this.isOver || !this.task || this.key(news.place) !== this.key(this.last.place)) return;
    if (news.forged) return this.look();
    const { task, place } = news;
    if (task.status !== 'DONE') {
      if (task.absent && this.last.status === 'waiting') this.look();
    } else if (place !== this.last.place) {
      // Nothing is known of a step that was skipped, so the task is read.
      if (this.steps.some((step) => step.place === place && step.status === 'skipped')) this.look();
    } else if (this.objection(task)) this.look();
    else this.decide(task);
  }

  /** The task as it is decides. */
  private look(): void {
    const task = this.task!;
    if (task.status !== 'DONE') {
      if (task.absent && this.last.status === 'waiting') this.takenAway();
    } else if (this.objection(task)) task.status = 'TODO';
    else this.decide(task);
  }

  private takenAway(): void {
    if (!this.opensAnew) this.taken += 1;
    if (this.taken > 1) this.park('taken away');
    else this.restore();
  }

  private restore(): void {
    if (this.task?.absent === 'archived') delete this.task.absent;
    else if (!this.refusesTasks) this.task = { status: 'TODO' };
  }

  private objection({ form, by }: Pick<Task, 'form' | 'by'>): boolean {
    const [step] = this.last.place.split(' ');
    if (form?.saying === 'nonsense') return true;
    if (step !== 'review' && step !== 'approval') return false;
    if (!form) return true;
    if (this.setting.fourEyes === 'strict' && !by) return true;
    if (step === 'review') return false;
    const reviewer = this.steps.findLast(({ place }) => place.startsWith('review'))?.by;
    return by !== undefined && reviewer?.trim().toLowerCase() === by.trim().toLowerCase();
  }

  private decide({ form, by }: Pick<Task, 'form' | 'by'>, source: 'person' | 'backend' = 'person'): void {
    const decides = /^(review|approval)/.test(this.last.place);
    const decision = decides ? form?.saying : undefined;
    const note = form && (form.saying !== 'nonsense' || source === 'backend') ? noteOf(form.id) : undefined;
    Object.assign(this.last, { status: 'done', decision, by, source, note });
    // Taken up again before its answer was heard of.
    const open = this.task && this.task.status !== 'DONE' && this.task.absent !== 'deleted';
    if (source === 'person' && open) this.leftOpen.add(this.key(this.last.place));
    this.goOn();
  }

  // What follows.

  private goOn(): void {
    const [step, round] = this.last.place.split(' ') as [string, string];
    const { decision } = this.last;
    if (decision === 'reject') return this.end('rejected');
    if (step === 'payment') return this.end('paid');
    if (decision === 'request_info') this.next = `data_entry ${Number(round) + 1}`;
    else if (step === 'data_entry') this.next = `review ${round}`;
    else this.next = step === 'review' && this.setting.large ? `approval ${round}` : `payment ${round}`;
    if (this.stalls === 'after') this.pending = 'step';
    else this.begin(this.next);
  }

  /** Nothing holds it up any more: what was about to begin begins, and what was kept is looked at. */
  unstall(): void {
    this.stalls = 'not';
    const { pending } = this;
    this.pending = undefined;
    if (pending === 'step') this.begin(this.next as Place);
    else if (pending === 'work') this.pay();
    for (const kept of this.kept.splice(0)) {
      if (!('verb' in kept)) this.hear(kept);
      else if (!this.isOver && kept.place === this.last.place) this.act(kept.verb);
    }
  }

  private begin(place: Place): void {
    this.steps.push({ place, status: 'waiting' });
    // Once done, it could be archived. Moving it on does not bring it back.
    this.archived = this.setting.lifecycle === 'single-task' && this.task?.absent === 'archived';
    this.task = undefined;
    this.taken = 0;
    if (place.startsWith('payment') && this.setting.provider) this.pay();
    else this.openForPeople();
  }

  private openForPeople(): void {
    this.open();
    if (this.task?.absent) this.look();
  }

  private open(): void {
    if (this.refusesTasks) return this.park('no task');
    this.task = { status: 'TODO', ...(this.archived ? { absent: 'archived' as const } : {}) };
    this.showAt();
    this.elapsed = 0;
    this.alarms = Object.values(HOUR_OF);
    this.last.status = 'waiting';
  }

  private showAt(): void {
    this.at = this.last.place;
    this.leftOpen.delete('single');
  }

  private pay(): void {
    if (!this.refusesPayments) {
      Object.assign(this.last, { status: 'done', decision: 'done', by: 'payment provider', source: 'engine' });
      if (!this.refusesTasks) this.showAt();
      return this.end('paid');
    }
    if (!this.task) this.open();
    if (!this.task) return;
    this.task.status = 'TODO';
    this.park('payment refused');
  }

  private park(why: typeof this.why): void {
    this.last.status = 'parked';
    this.why = why;
  }

  private end(outcome: typeof this.outcome): void {
    this.outcome = outcome;
    this.paused = false;
    this.pending = undefined;
  }

  // What backends and operators ask.

  private asked(happening: Happening): Reply {
    const { command } = happening;
    const answer = this.mayAsk(command);
    if (answer !== 'may') return answer;
    if (this.stalls === 'before' && !['withdraw', 'pause', 'resume'].includes(command.do)) {
      this.kept.push({ verb: happening, place: this.last.place });
      return 'kept';
    }
    this.act(happening);
    return 'taken';
  }

  private mayAsk(command: Command): 'may' | Reply {
    // The same answer as the one that ended it: agreed to, or too late.
    if (this.outcome) return command.do === 'complete' && this.mayComplete(command) === 'taken' ? 'either' : 'refused';
    if (['withdraw', 'pause', 'resume'].includes(command.do)) return 'may';
    if (this.paused) return 'refused';
    if (command.do === 'complete') return this.mayComplete(command);
    const { status, place } = this.last;
    const waits = this.pending === undefined && !this.isOver;
    const may = {
      retry: status === 'parked',
      skip: status === 'parked' && /^(data_entry|payment)/.test(place),
      reassign: waits && this.task !== undefined,
      'move due date': waits && status === 'waiting',
    }[command.do as string];
    return may ? 'may' : 'refused';
  }

  private mayComplete({ step, saying, by }: Command & { do: 'complete' }): 'may' | Reply {
    const name = step === 'current' ? this.last.place.split(' ')[0]! : step;
    const decision = decisionOf(name, saying);
    const past = this.steps.findLast(({ place }) => place.startsWith(name));
    if (past?.status === 'done') return past.decision === decision ? 'taken' : 'refused';
    if (past?.status === 'skipped' || past !== this.last) return 'refused';
    return decision !== undefined && this.objection({ form: { saying, id: 0 }, by }) ? 'refused' : 'may';
  }

  private act({ command, id }: Happening): void {
    if (command.do !== 'pause' || !this.paused) if (command.do !== 'resume' || this.paused) this.audited.push(id);
    switch (command.do) {
      case 'complete':
        return this.decide({ form: { saying: command.saying, id }, by: command.by }, 'backend');
      case 'withdraw':
        if (this.pending !== 'step' && !this.isOver) this.last.status = 'withdrawn';
        return this.end('withdrawn');
      case 'pause':
        this.paused = true;
        return;
      case 'resume':
        return this.resume();
      case 'retry':
        return this.retry();
      case 'skip':
        Object.assign(this.last, { status: 'skipped', note: noteOf(id), by: operator(id), source: 'operator' });
        return this.last.place.startsWith('payment') ? this.end('failed') : this.goOn();
      case 'move due date':
        this.alarms = Object.values(HOUR_OF).map((at) => this.elapsed + at - HOUR_OF.due + DUE_MOVED_TO);
        return;
      default:
    }
  }

  private retry(): void {
    const { why, task } = this;
    if (why === 'no task') {
      if (!this.last.place.startsWith('payment') || !this.setting.provider) return this.openForPeople();
      this.open();
      if (this.task) this.park('payment refused');
    } else if (why === 'taken away') {
      this.restore();
      this.last.status = 'waiting';
      this.ring();
    } else if (task?.status === 'DONE') this.decide(task);
    else if (this.stalls === 'after') {
      this.last.status = 'working';
      if (task) task.status = 'STARTED';
      this.pending = 'work';
    } else this.pay();
  }

  private resume(): void {
    this.paused = false;
    this.unstall();
    this.ring();
  }

  // Time.

  private pass(hours: number): void {
    if (this.paused || this.isOver) return;
    for (let left = hours; left > 0 && !this.isOver;) {
      const until = Math.max(0, this.untilAlarm);
      if (until > left) {
        this.elapsed += left;
        return;
      }
      this.elapsed += until;
      left -= until;
      this.ring();
    }
  }

  /** Infinite where none is set, negative where one is overdue. */
  get untilAlarm(): number {
    const rings = !this.paused && !this.isOver && this.last.status === 'waiting';
    return rings && this.alarms.length > 0 ? this.alarms[0]! - this.elapsed : Infinity;
  }

  /** Rings what is due. The task is looked at each time, and what comes to light there goes before the alarm. */
  private ring(): void {
    while (this.untilAlarm <= 0) {
      if (this.task?.status === 'DONE' || this.task?.absent) this.look();
      else this.alarms.shift();
    }
  }
}

export const noteOf = (id: number): string => `no. ${id}`;
export const operator = (id: number): string => `operator ${id}`;

/** Where nothing is decided, nothing is said. */
export const decisionOf = (step: string, saying: Saying): string | undefined =>
  step === 'review' || step === 'approval' ? saying : undefined;
