/** A day for each step, a reminder before its end, and a day more until an operator is asked. */
import type { ClaimPolicy } from '../../workflows/claim/contract.js';
import type { ProcessState } from '../../workflows/tasks/contract.js';

export const HOUR = 3_600_000;
const ALARMS = ['remind', 'overdue', 'escalate'];

export const deadline = { due: '1 day', remindBefore: '4 hours', escalateAfter: '1 day' } as const;
export const deadlines: ClaimPolicy['deadlines'] = {
  data_entry: deadline,
  review: deadline,
  approval: deadline,
  payment: deadline,
};

/** What the engine said of its own accord, of one step or of all, and how many hours after the step's task existed. */
export const spokeUp = ({ audit, steps }: ProcessState, step?: string) =>
  audit
    .filter((entry) => ALARMS.includes(entry.what) && (step === undefined || entry.step === step))
    .map((entry) => [entry.what, hoursBetween(steps.find((each) => each.step === entry.step)?.since, entry.at)]);

function hoursBetween(from: string | undefined, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(String(from))) / HOUR);
}
