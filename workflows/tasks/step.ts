import type { Answer, CompleteStep, Source, StepState } from './contract.js';
import type { Deadline } from './deadline.js';
import type { VerbEvent } from './events.js';
import { refuse, type WaitingStep } from './process.js';

/** Who did something, as far as it is known: an id or a name, and what stands for the e-mail address. */
export interface Person {
  by?: string;
  emailDigest?: string;
}

export interface PersonStep {
  step: string;
  round: number;
  title: string;
  fields: Record<string, unknown>;
  deadline: Deadline;
  /** Said to the person in a comment when the task is opened. */
  remark?: string;
  /** The decisions that end this step; absent where being done is enough. */
  decisions?: readonly string[];
  /** What is wrong with this answer by this person, in words for them; the step goes back to them then. */
  objection?: (answer: Answer, who: Person) => string | undefined;
  /** Whether an operator may give the step up and go on without it. */
  skippable?: boolean;
}

export interface MachineStep<T> extends PersonStep {
  /**
   * Does the step's work; `attempt` counts from 1 and grows when an operator asks again. A `brisk` call gives up after a
   * few tries: its task is then shown, and the call repeated without an end.
   */
  work: (attempt: number, patience: 'brisk' | 'patient') => Promise<T>;
  /** Whether this failure is final: the step is then parked, and its task given to people. */
  refused: (error: unknown) => boolean;
  /** Who does it, for the audit trail. */
  by: string;
}

export interface StepResult extends Answer, Person {
  source: Source;
  channel?: string;
  skipped?: boolean;
  /** What was asked of the step, where it ended by that. */
  verb?: VerbEvent;
  /** What the machine's work returned. */
  work?: unknown;
}

/** As the Web UI names it, in details and summaries. */
export const stepName = ({ step, round }: { step: string; round: number }): string =>
  round > 1 ? `${step}, round ${round}` : step;

/** What is wrong with an answer to this step, in words for whoever gave it. */
export function objection(spec: PersonStep, answer: Answer, who: Person): string | undefined {
  const { decisions } = spec;
  if (decisions && !decisions.includes(answer.decision ?? '')) return `Choose a decision: ${decisions.join(', ')}.`;
  return spec.objection?.(answer, who);
}

/** The step as operators and backends may act on it while it waits. */
export function asWaiting(spec: PersonStep, state: StepState): WaitingStep {
  return {
    state,
    decisions: spec.decisions ?? [],
    skippable: spec.skippable,
    mayComplete: (answer) => mayComplete(spec, answer),
    maySkip: () => (spec.skippable ? undefined : refuse(`${spec.step} decides the process: complete it instead`)),
    mayReassign: () => (state.uid ? undefined : refuse(`${spec.step} has no task that could be reassigned`)),
    mayChangeDue: () =>
      ['waiting', 'overdue'].includes(state.status)
        ? undefined
        : refuse(`${spec.step} is ${state.status}: no deadline runs`),
  };
}

function mayComplete(spec: PersonStep, { by, emailDigest, ...answer }: CompleteStep): void {
  const problem = objection(spec, answer, { by, emailDigest });
  if (problem) refuse(problem);
}
