import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';

export interface Deadline {
  due: Duration;
  remindBefore?: Duration;
  escalateAfter?: Duration;
  escalateTo?: string;
}

export interface Alarm {
  /** Milliseconds since the epoch, on the workflow's clock. */
  at: number;
  kind: 'remind' | 'overdue' | 'escalate';
}

export const durationMs = (duration: Duration): number => msToNumber(duration);

/** When to speak up about a task that exists since `from`, in order. */
export function alarms(deadline: Deadline, from: number): Alarm[] {
  const due = from + durationMs(deadline.due);
  const all: Alarm[] = [{ at: due, kind: 'overdue' }];
  if (deadline.remindBefore) all.push({ at: due - durationMs(deadline.remindBefore), kind: 'remind' });
  if (deadline.escalateAfter) all.push({ at: due + durationMs(deadline.escalateAfter), kind: 'escalate' });
  return all.filter((alarm) => alarm.at >= from).sort((a, b) => a.at - b.at);
}
