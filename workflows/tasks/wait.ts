import type { StepState, TaskNews } from './contract.js';
import { StepClock, type Alarm } from './deadline.js';
import type { StepEvent, VerbEvent } from './events.js';
import type { FragmentTask } from './fragment-task.js';
import type { TaskProcess } from './process.js';
import { objection, stepName, type PersonStep, type StepResult } from './step.js';

export type ParkedEnd = { answer: StepResult } | { verb: VerbEvent };
/**
 * What ended the waiting: an answer, a verb that ends the step, or a problem that takes an operator: a task that was taken away
 * once too often, or one that cannot be handed back. `again` tries to mend it, before the step is waited for once more.
 */
export type WaitEnd = ParkedEnd | { problem: string; again: () => Promise<void> | void };

type Verdict = { answer: StepResult } | { problem: string } | undefined;

/** Fragment's own precision is not documented: whole seconds, at the coarsest that is likely. */
const ROUNDING_MS = 1_000;
/** An outage that keeps a task from being opened for so long moves its due date in Fragment as well; less is not worth a write. */
const LATE_MS = 3_600_000;
/** As the Web UI shows the timer. */
const UNTIL: Record<Alarm['kind'], string> = {
  remind: 'until the reminder',
  overdue: 'until it is due',
  escalate: 'until it escalates',
};

/**
 * Waits for one step: answers what is no answer by giving the task back, speaks up at the deadlines, and opens a task
 * again that was taken away. On a paused process it does none of this; what arrives is kept.
 */
export class StepWait {
  private readonly clock: StepClock;
  private due: Alarm[];
  /** As the task says it. */
  private dueInFragment?: string;
  private taken = 0;
  private handedBack = false;

  constructor(
    private readonly process: TaskProcess,
    private readonly task: FragmentTask,
    private readonly spec: PersonStep,
    private readonly state: StepState,
  ) {
    this.clock = new StepClock(spec.deadline, Date.now());
    // Handed over from a machine, the task is due when it was, not as much later as the machine has tried.
    if (state.due) this.clock.moveDue(Date.parse(state.due), Date.now());
    this.due = this.clock.alarms();
    process.time(this.clock);
    this.dueInFragment = isLate(task.content?.due, state.due) ? task.content?.due : state.due;
  }

  async end(): Promise<WaitEnd> {
    for (;;) {
      const event = await this.next(this.due[0]);
      if (!event) await this.alarm(this.due.shift() as Alarm);
      else if (event.kind === 'reassign') await this.reassign(event);
      else if (event.kind === 'changeDue') await this.changeDue(event);
      else if (event.kind !== 'news') return { verb: event };
      else if (event.news.absent && event.news.status !== 'DONE') {
        const absent = await this.stillAbsent();
        this.taken += absent ? 1 : 0;
        if (absent && this.taken > 1) {
          return { problem: problemOf(absent), again: () => this.task.restore(this.spec, this.state, absent) };
        }
        if (absent) await this.restore(absent);
      } else {
        const { news } = event;
        const verdict = await this.judge(news);
        if (verdict && 'answer' in verdict) return verdict;
        if (verdict) return { ...verdict, again: () => this.process.events.putBack({ kind: 'news', news }) };
      }
    }
  }

  /** With the step parked, no deadline speaks up, and an answer of people is taken as it is. */
  async parkedEnd(): Promise<ParkedEnd> {
    for (;;) {
      const event = (await this.next()) as StepEvent;
      if (event.kind === 'reassign') await this.reassign(event);
      else if (event.kind === 'changeDue') await this.changeDue(event);
      else if (event.kind !== 'news') return { verb: event };
      else if (event.news.status === 'DONE') {
        const verdict = await this.judge(event.news);
        if (verdict && 'answer' in verdict) return verdict;
      }
    }
  }

  /** The next event that ends or concerns this step; undefined when the alarm rings first. */
  private async next(alarm?: Alarm): Promise<StepEvent | undefined> {
    const { process, state, spec } = this;
    for (;;) {
      if (!process.mayGoOn || state.due !== this.dueInFragment) await this.running();
      const event = process.events.take();
      if (!event) {
        const left = alarm ? this.leftUntil(alarm) : Infinity;
        if (left <= 0) return undefined;
        const summary = alarm && `${UNTIL[alarm.kind]}: ${stepName(spec)}`;
        await process.woken({ at: Date.now() + left, summary });
        continue;
      }
      if (event.kind !== 'news') return event;
      if (event.news.uid !== state.uid || (event.news.status !== 'DONE' && !event.news.absent)) {
        process.events.recordLate(event.news);
        continue;
      }
      if (event.news.status !== 'DONE') return event;
      if (event.news.step === spec.step && event.news.round === spec.round) return event;
      if (this.isPast(event.news.step, event.news.round)) {
        process.events.recordLate(event.news);
        continue;
      }
      // Its fields were edited, so the answer may have been read by another step's schema: read again, by ours.
      const news = await this.task.read(spec, state);
      if (news?.status === 'DONE') return { kind: 'news', news };
    }
  }

  /** A due date that was moved to outside working hours is still not past before it is. */
  private leftUntil({ after, kind }: Alarm): number {
    const now = Date.now();
    const left = this.clock.untilMs(after, now);
    return kind === 'overdue' ? Math.max(left, Date.parse(this.state.due ?? '') - now || 0) : left;
  }

  /** Passes when the process is not paused; after a pause the task is due later by as long. */
  private async running(): Promise<void> {
    await this.process.ready();
    if (this.state.due === this.dueInFragment) return;
    this.dueInFragment = this.state.due;
    await this.task.setDue(this.state);
  }

  /** An answer to a task that was never handed back counts at once: there is nothing to ask or to mend. */
  private judge(told: TaskNews): Verdict | Promise<Verdict> {
    const counts = told.status === 'DONE' && !this.handedBack && this.problemWith(told) === undefined;
    return counts ? { answer: answerOf(told) } : this.judgeAsItStands(told);
  }

  /** The answer, where it is one; else the task goes back to the person, and it is a problem where that fails. */
  private async judgeAsItStands(told: TaskNews): Promise<Verdict> {
    // It may be a late copy, of an answer that was handed back or that the person has corrected by now.
    const seen = this.problemWith(told) ? await this.task.read(this.spec, this.state) : told;
    const news = seen === undefined ? told : seen;
    // Handed back, and maybe taken away: an answer that was told late is what tells of it.
    if (news?.status !== 'DONE') return this.goesOn(news);
    const problem = this.problemWith(news);
    if (problem) return (await this.handBack(problem, news.doneAt)) ? undefined : this.stuck(problem);
    // An answer that the person corrected just before it was handed back counts, but its task stands open then.
    if (this.handedBack) await this.task.settle(this.state);
    return { answer: answerOf(news) };
  }

  /** It could not be handed back: it is an operator's, unless it is no longer there, or somebody has opened it again. */
  private async stuck(problem: string): Promise<{ problem: string } | undefined> {
    const news = await this.task.read(this.spec, this.state);
    return news === undefined || news?.status === 'DONE' ? { problem: stuckOf(problem) } : this.goesOn(news);
  }

  /** The task is not done, so the step is waited for; where the task is not there either, that is news. */
  private goesOn(news: TaskNews | null): undefined {
    if (!news || news.absent) this.process.events.add({ kind: 'news', news: news ?? gone(this.state) });
  }

  private problemWith(news: TaskNews): string | undefined {
    const who = { by: news.assignee, emailDigest: news.emailDigest };
    return news.problem ?? objection(this.spec, news.answer ?? {}, who);
  }

  /** False where people do not get it: Fragment refused, or has left it as it was. */
  private async handBack(problem: string, doneAt?: string): Promise<boolean> {
    const { state, process } = this;
    process.audit({ what: 'handed back', step: state.step, source: 'engine', why: problem });
    state.problem = problem;
    process.show();
    this.handedBack = true;
    return this.task.handBack(state, 'DONE', problem, doneAt);
  }

  private async reassign(event: VerbEvent & { kind: 'reassign' }): Promise<void> {
    const { email, reason } = event.verb;
    const changed = await this.task.reassign(this.state, email, `Reassigned by an operator: ${reason}`);
    if (changed) this.process.events.audit(event, `reassigned to ${email}`, this.state.step);
    this.process.events.acted(event);
  }

  private async changeDue(event: VerbEvent & { kind: 'changeDue' }): Promise<void> {
    const due = new Date(event.verb.due).toISOString();
    // Asked for once more: it is so already.
    if (due !== this.state.due) {
      this.process.events.audit(event, `due date moved to ${due}`, this.state.step);
      this.rearm(due);
      this.dueInFragment = due;
      await this.task.setDue(this.state);
    }
    this.process.events.acted(event);
  }

  /** Another due date means other alarms: all that lie ahead of now ring, though they may have rung for the old one. */
  private rearm(due: string): void {
    const { clock, state, process } = this;
    const now = Date.now();
    clock.moveDue(Date.parse(due), now);
    // Of a date before the next opening hour no time is left, though it is still to come.
    this.due = clock.alarms().filter(({ kind, after }) => kind === 'overdue' || after > clock.elapsed(now));
    state.due = due;
    if (state.status === 'overdue' && Date.parse(due) > now) state.status = 'waiting';
    if (state.status !== 'parked') process.state.needsAttention = undefined;
    process.await(state);
  }

  /** Whether a person has moved the due date in Fragment. Fragment may keep less than milliseconds of what we wrote. */
  private movedBy(due: string | undefined): boolean {
    if (due === undefined) return false;
    const ours = [this.dueInFragment, this.task.dueAnswered].flatMap((known) => (known ? [Date.parse(known)] : []));
    return ours.every((known) => Math.abs(Date.parse(due) - known) >= ROUNDING_MS);
  }

  private async alarm({ kind }: Alarm): Promise<void> {
    const { spec, state, process } = this;
    // A completion, or a task taken away, that nobody told us of comes to light here.
    const news = await this.task.read(spec, state);
    if (news === null || news?.status === 'DONE' || news?.absent) {
      process.events.add({ kind: 'news', news: news ?? gone(state) });
      this.due.unshift({ kind, after: this.clock.elapsed(Date.now()) });
      return;
    }
    if (this.movedBy(news?.due)) {
      const due = new Date(news?.due as string).toISOString();
      process.audit({ what: `due date moved to ${due}`, step: state.step, source: 'person', why: 'in Fragment' });
      this.dueInFragment = due;
      this.rearm(due);
      return;
    }
    process.audit({ what: kind, step: state.step, source: 'engine' });
    if (kind === 'remind') return this.task.comment(state, `Reminder: due ${state.due}.`);
    if (kind === 'overdue') {
      state.status = 'overdue';
      process.show();
      return this.task.comment(state, 'This task is overdue.');
    }
    const { escalateTo } = spec.deadline;
    if (!escalateTo) {
      process.attention(`${state.step} is overdue since ${state.due}`);
      return this.task.comment(state, 'Overdue: raised to an operator.');
    }
    await this.task.reassign(state, escalateTo, 'Overdue: reassigned.');
  }

  /** News that a task is gone is a hint, and hints may be wrong or late: what Fragment says now decides. */
  private async stillAbsent(): Promise<'deleted' | 'archived' | undefined> {
    const news = await this.task.read(this.spec, this.state);
    if (news === null) return 'deleted';
    if (news?.status !== 'DONE') return news?.absent;
    this.process.events.add({ kind: 'news', news });
    return undefined;
  }

  private async restore(absent: 'deleted' | 'archived'): Promise<void> {
    const { spec, state, process } = this;
    process.audit({ what: `opened again: its task was ${absent}`, step: state.step, source: 'engine' });
    await this.task.restore(spec, state, absent);
  }

  /** Of the single task, which was that step's: its news may be late. A task of its own is this step's, whatever it names. */
  private isPast(step: string | undefined, round: number | undefined): boolean {
    const { process, state } = this;
    return process.history.some(
      (past) => past.status === 'done' && past.uid === state.uid && past.step === step && past.round === round,
    );
  }
}

function isLate(written: string | undefined, due: string | undefined): boolean {
  return Date.parse(due ?? '') - Date.parse(written ?? '') >= LATE_MS;
}

function stuckOf(problem: string): string {
  return (
    `its answer is none (${problem}), and Fragment does not let its task be opened again. Give the answer by complete, ` +
    'or open the task again in Fragment; retry hands it back once more'
  );
}

function problemOf(absent: 'deleted' | 'archived'): string {
  return (
    `its task was ${absent} a second time. Find out who does that in Fragment; then retry opens it again, ` +
    'complete decides the step without it, withdraw ends the process'
  );
}

const gone = ({ uid, step, round }: StepState): TaskNews => ({
  uid: uid as string,
  status: 'TODO',
  step,
  round,
  absent: 'deleted',
});

export function answerOf({ answer, assignee, emailDigest }: TaskNews): StepResult {
  return { ...answer, by: assignee, emailDigest, source: 'person' };
}
