import type { Answer, CompleteStep, Source, StepState, TaskNews } from './contract.js';
import type { Deadline } from './deadline.js';
import { refuse, type WaitingStep } from './process.js';

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
  objection?: (answer: Answer, by: string | undefined) => string | undefined;
  /** Whether an operator may give the step up and go on without it. */
  skippable?: boolean;
}

export interface MachineStep<T> extends PersonStep {
  /** Does the step's work; `attempt` counts from 1 and grows when an operator asks again. */
  work: (attempt: number) => Promise<T>;
  /** Whether this failure is final: the step is then parked, and its task given to people. */
  refused: (error: unknown) => boolean;
}

export interface StepResult extends Answer {
  by?: string;
  source: Source;
  skipped?: boolean;
  /** What the machine's work returned. */
  work?: unknown;
}

/** What is wrong with an answer to this step, in words for whoever gave it. */
export function objection(spec: PersonStep, answer: Answer, by: string | undefined): string | undefined {
  const { decisions } = spec;
  if (decisions && !decisions.includes(answer.decision ?? '')) return `Choose a decision: ${decisions.join(', ')}.`;
  return spec.objection?.(answer, by);
}

/** The same of an answer that a person gave in the task; what the answer's schema said of it comes first. */
export function problemOf(spec: PersonStep, { problem, answer = {}, assignee }: TaskNews): string | undefined {
  return problem ?? objection(spec, answer, assignee);
}

/** The step as operators and backends may act on it while it waits. */
export function asWaiting(spec: PersonStep, state: StepState): WaitingStep {
  return {
    state,
    mayComplete: (answer) => mayComplete(spec, answer),
    maySkip: () => (spec.skippable ? undefined : refuse(`${spec.step} decides the process: complete it instead`)),
  };
}

function mayComplete(spec: PersonStep, { by, ...answer }: CompleteStep): void {
  const problem = objection(spec, answer, by);
  if (problem) refuse(problem);
}
