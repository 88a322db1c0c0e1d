import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { addWorkingTime, workingDay, workingTimeBetween, type Calendar } from './calendar.js';

export interface Deadline {
  due: Duration;
  remindBefore?: Duration;
  escalateAfter?: Duration;
  escalateTo?: string;
  /** With it, all of these are working time: a day is a working day, and an hour one that is open. */
  calendar?: Calendar;
}

export interface Alarm {
  /** Working time since the task exists, in milliseconds. */
  after: number;
  kind: 'remind' | 'overdue' | 'escalate';
}

/** When a task that exists from now on is due. */
export const dueAt = (deadline: Deadline, now: number): string =>
  new Date(later(deadline, now, workingMs(deadline, deadline.due))).toISOString();

/**
 * The time that people have had for a step: it stands still outside working hours and while the process is paused. Its
 * alarms are kept as amounts of that time, so that none has to be moved when the clock stood still.
 */
export class StepClock {
  private counted = 0;
  private due: number;

  constructor(
    private readonly deadline: Deadline,
    private since: number | undefined,
  ) {
    this.due = workingMs(deadline, deadline.due);
  }

  /** When to speak up, in order; a reminder for which it is too late already is left out. */
  alarms(): Alarm[] {
    const { remindBefore, escalateAfter } = this.deadline;
    const all: Alarm[] = [{ after: this.due, kind: 'overdue' }];
    if (remindBefore) all.push({ after: this.due - workingMs(this.deadline, remindBefore), kind: 'remind' });
    if (escalateAfter) all.push({ after: this.due + workingMs(this.deadline, escalateAfter), kind: 'escalate' });
    return all.filter(({ after }) => after >= 0).sort((a, b) => a.after - b.after);
  }

  elapsed(now: number): number {
    return this.counted + (this.since === undefined ? 0 : between(this.deadline, this.since, now));
  }

  /** How long to sleep until so much time has been had. */
  untilMs(after: number, now: number): number {
    return later(this.deadline, now, after - this.elapsed(now)) - now;
  }

  stop(now: number): void {
    this.counted = this.elapsed(now);
    this.since = undefined;
  }

  go(now: number): void {
    this.since ??= now;
  }

  /** When the step is due, as far as can be told; undefined once that is past. */
  dueAt(now: number): string | undefined {
    return this.elapsed(now) >= this.due ? undefined : new Date(now + this.untilMs(this.due, now)).toISOString();
  }

  /** From now on the step is due at another instant. */
  moveDue(to: number, now: number): void {
    this.due = this.elapsed(now) + between(this.deadline, now, to);
  }
}

/** `2 days` of a calendar that is open eight hours a day are sixteen hours. */
function workingMs({ calendar }: Deadline, duration: Duration): number {
  const [, count] = /^\s*([\d.]+)\s*d(?:ays?)?\s*$/i.exec(String(duration)) ?? [];
  return calendar && count !== undefined ? Number(count) * workingDay(calendar) : msToNumber(duration);
}

const later = ({ calendar }: Deadline, from: number, ms: number): number =>
  calendar ? addWorkingTime(calendar, from, ms) : from + Math.max(0, ms);
const between = ({ calendar }: Deadline, from: number, to: number): number =>
  calendar ? workingTimeBetween(calendar, from, to) : Math.max(0, to - from);
