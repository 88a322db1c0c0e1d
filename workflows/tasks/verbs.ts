import { setHandler } from '@temporalio/workflow';
import * as contract from './contract.js';
import type { ChangeDue, OperatorVerb, Reassign, StepState } from './contract.js';
import { verbProblem } from './guards.js';
import { refuse, type TaskProcess, type WaitingStep } from './process.js';

/**
 * The Updates by which backends and operators act on a process: who may ask what, and when. A validator refuses before
 * anything is written to history; it has to be synchronous, or the workflow would be stuck.
 *
 * Each may be asked twice: in a state that it has brought about already, it answers with that state and does nothing.
 */
export function answerVerbs(process: TaskProcess): void {
  setHandler(
    contract.completeStepUpdate,
    async (verb) => {
      const past = pastStep(process, verb.step);
      return past ? process.again(past, verb) : process.handled({ kind: 'complete', verb });
    },
    {
      validator: (verb) => {
        sound(verb);
        running(process);
        if (!pastStep(process, verb.step)) waitingStep(process, verb.step).mayComplete(verb);
      },
      description: 'Finish the current step for the person: { step, decision, by }',
    },
  );
  setHandler(
    contract.retryStepUpdate,
    (verb: Partial<OperatorVerb>) => process.handled({ kind: 'retry', verb: verb ?? {} }),
    {
      validator: (verb: Partial<OperatorVerb>) => {
        sound(verb ?? {});
        parkedStep(process);
      },
      description: 'Try the parked step again, once its cause is gone: { reason, by }',
    },
  );
  setHandler(contract.skipStepUpdate, (verb) => process.handled({ kind: 'skip', verb }), {
    validator: (verb) => {
      required(verb, 'reason');
      parkedStep(process).maySkip();
    },
    description: 'Give the parked step up and go on without it: { reason, by }',
  });
  setHandler(contract.reassignUpdate, (verb) => process.handled({ kind: 'reassign', verb }), {
    validator: (verb: Reassign) => {
      required(verb, 'reason');
      if (!/^\S+@\S+$/.test(required(verb, 'email'))) refuse('email is not an e-mail address');
      running(process);
      waitingStep(process).mayReassign();
    },
    description: 'Give the task of the current step to another person: { email, reason, by }',
  });
  setHandler(contract.changeDueUpdate, (verb) => process.handled({ kind: 'changeDue', verb }), {
    validator: (verb: ChangeDue) => {
      required(verb, 'reason');
      future(required(verb, 'due'));
      running(process);
      waitingStep(process).mayChangeDue();
    },
    description: 'Move the due date of the current step, and its reminders with it: { due, reason, by }',
  });
  setHandler(contract.pauseUpdate, (verb) => process.pause(verb), {
    validator: (verb) => {
      required(verb, 'reason');
      process.assertOpen();
    },
    description: 'Begin nothing new and stop the deadlines, until it is resumed: { reason, by }',
  });
  setHandler(contract.resumeUpdate, (verb) => process.resume(verb), {
    validator: (verb) => {
      required(verb, 'reason');
      process.assertOpen();
    },
    description: 'Go on after a pause, with the time that was left: { reason, by }',
  });
  setHandler(contract.withdrawUpdate, (verb) => process.withdraw(verb), {
    validator: (verb) => {
      required(verb, 'reason');
      process.assertNotEnded();
    },
    description: 'Withdraw the process: effects are undone, its task is closed: { reason, by }',
  });
}

/** The step by this name, where it is over; the process may be at it again, in another round. */
function pastStep({ history }: TaskProcess, step: string): StepState | undefined {
  const last = history.findLast((each) => each.step === step);
  return last?.status === 'done' || last?.status === 'skipped' ? last : undefined;
}

function running(process: TaskProcess): void {
  process.assertOpen();
  assertNotPaused(process);
}

function waitingStep({ waiting }: TaskProcess, step?: string): WaitingStep {
  if (!waiting) return refuse('no step is waiting for an answer right now; try again in a moment');
  if (step !== undefined && waiting.state.step !== step) {
    return refuse(`the current step is ${waiting.state.step}, not ${step}`);
  }
  return waiting;
}

/** A compensation that failed is parked as well, so this holds while a process is being undone. */
function parkedStep(process: TaskProcess): WaitingStep {
  const { waiting } = process;
  process.assertNotEnded();
  assertNotPaused(process);
  return waiting?.state.status === 'parked'
    ? waiting
    : refuse('no step is parked: there is nothing to retry or to skip');
}

function assertNotPaused({ state: { paused } }: TaskProcess): void {
  if (paused !== undefined) refuse(`the process is paused (${paused}): resume it first, or withdraw it`);
}

/** An instant names its offset: without one it would be read in the time zone of whichever worker runs. */
function future(due: string): void {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(due) ? Date.parse(due) : NaN;
  if (Number.isNaN(at)) refuse(`due has to be an instant such as 2026-03-01T17:00:00Z, not ${due.slice(0, 40)}`);
  if (at <= Date.now()) refuse(`due is not in the future: ${due}`);
}

function sound(verb: unknown): void {
  const problem = verbProblem(verb);
  if (problem) refuse(problem);
}

/** Each verb that needs something is looked at as a whole first. */
function required(verb: object | undefined, name: string): string {
  sound(verb);
  const value = (verb as Record<string, unknown>)[name];
  if (typeof value !== 'string' || value.trim() === '') return refuse(`${name} is missing`);
  return value;
}
