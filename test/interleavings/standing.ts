/** What can be seen of a claim at rest, in the words in which it is compared. */
import type { MemoryTask } from '../../testing/in-memory-fragment.js';
import type { StepState } from '../../workflows/tasks/contract.js';
import type { Model, ModelStep, Place } from './model.js';

/** As the model can tell it, too. */
export interface Standing {
  outcome?: string;
  paused: boolean;
  steps: string[];
  /** The task of the step that waits. */
  task?: string;
  /** All other tasks that are open. */
  open: Place[];
}

export const placeOf = ({ step, round }: Pick<StepState, 'step' | 'round'>): Place => `${step} ${round}`;

export function standingOf(model: Model): Standing {
  const { outcome, paused, steps, task, pending } = model;
  const waits = outcome === undefined && pending !== 'step' && task;
  return {
    outcome,
    paused,
    steps: steps.map(say),
    ...(waits
      ? { task: sayTask(task.absent === 'deleted' ? undefined : { ...task, archived: Boolean(task.absent) }) }
      : {}),
    open: [...model.leftOpen].toSorted(),
  };
}

export function sayStep(step: StepState): string {
  const { status, decision, note, by, source } = step;
  const known = { decision, note, by, source };
  return say({ place: placeOf(step), status: status === 'overdue' ? 'waiting' : status, ...known });
}

function say({ place, status, decision, note, by, source }: ModelStep): string {
  return `${place}: ${[status, decision, note, by, source].filter((each) => each !== undefined).join(', ')}`;
}

export const sayTask = (task: Pick<MemoryTask, 'status' | 'archived'> | undefined): string =>
  task ? `${task.archived ? 'archived, ' : ''}${task.status}` : 'deleted';
