/**
 * Mends what a Query can do to a history. An interceptor of every bundle; see worker/bundle.ts.
 *
 * A Query that waits for a worker is handed over with the history as it is by then. Where the process is not in that
 * worker's cache and, say, an activity has ended meanwhile, SDK 1.24 plays the result to the workflow on the way to the
 * answer. The Workflow Task of that result comes after, maybe with an Update or a Signal, and what the workflow did so far
 * is written as if this task had brought it all at once. A replay gives the Update first: TMPRL1100, and the process stands
 * still. `test/workflows/query-guard.test.ts` has the case, and says when the SDK no longer needs this.
 *
 * So a task that comes too soon is failed. Temporal gives it out again, at once or (where it had failed before) after its
 * time-out, and the worker begins afresh.
 */
import { workflowInfo, type WorkflowInterceptors, type ConcludeActivationInput } from '@temporalio/workflow';

type Command = ConcludeActivationInput['commands'][number];

/** Commands that are an event each. */
const WRITTEN = [
  'scheduleActivity',
  'startTimer',
  'upsertWorkflowSearchAttributes',
  'modifyWorkflowProperties',
] as const satisfies (keyof Command)[];
/** One of them can take a command of the same task with it, and then neither is an event. */
const TAKEN_BACK = ['cancelTimer', 'requestCancelActivity'] as const satisfies (keyof Command)[];
/** Between what one task starts with and what the next does: its completion, and that the next is scheduled and started. */
const BETWEEN_TASKS = 3;

export function interceptors(): WorkflowInterceptors {
  let last = { events: 0, written: 0 };
  return {
    internals: [
      {
        activate(input, next) {
          const asked = input.activation.jobs?.some(({ queryWorkflow }) => queryWorkflow);
          const { historyLength: events, unsafe } = workflowInfo();
          if (!asked && events > last.events) {
            const { written } = last;
            const isTooSoon = written > 0 && events < last.events + written + BETWEEN_TASKS;
            if (isTooSoon && !unsafe.isReplaying) throw new Error(TOO_SOON);
            last = { events, written: 0 };
          }
          next(input);
        },
        concludeActivation(input, next) {
          // What was done in a replay is in the history already, and is followed by more of it.
          if (!workflowInfo().unsafe.isReplaying) last.written += eventsOf(input.commands);
          return next(input);
        },
      },
    ],
  };
}

const TOO_SOON =
  'A Query had moved this process on before its Workflow Task came. The task is given out again, and nothing is lost.';

/** At the least; below zero where what is taken back was asked for before. */
function eventsOf(commands: readonly Command[]): number {
  const among = (names: readonly (keyof Command)[]) =>
    commands.filter((each) => names.some((name) => each[name])).length;
  const answered = commands.filter(
    ({ updateResponse }) => updateResponse?.accepted ?? updateResponse?.completed,
  ).length;
  return among(WRITTEN) + answered - among(TAKEN_BACK);
}
