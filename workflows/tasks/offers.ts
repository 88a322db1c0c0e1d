import type { ProcessState, StepState } from './contract.js';

/** What of a step that waits decides which verbs may be sent. */
export interface OfferedStep {
  state: StepState;
  /** The decisions that end it; none: it is enough that it is done; absent: nobody can complete it. */
  decisions?: readonly string[];
  skippable?: boolean;
}

/** The Updates that the process takes now, each with arguments that can be pasted where the Web UI asks for them. */
export function offers({ outcome, paused, withdrawing }: ProcessState, waiting?: OfferedStep): string[] {
  if (outcome !== undefined) return [];
  const withdraw = verb('withdraw', 'end it, and undo what it has done', REASON);
  if (paused !== undefined) return [verb('resume', 'go on, with the time that was left', REASON), withdraw];

  const { state, decisions, skippable } = waiting ?? {};
  const parked = state?.status === 'parked';
  const given: string[] = [];
  if (parked) given.push(verb('retryStep', 'try again, once the cause is gone', REASON));
  if (state && decisions) {
    const choice = decisions.length > 0 ? { decision: decisions[0] } : {};
    const among = decisions.length > 1 ? `: ${decisions.slice(0, -1).join(', ')} or ${decisions.at(-1)}` : '';
    given.push(verb('completeStep', `decide it for the person${among}`, { step: state.step, ...choice, ...BY }));
  }
  if (parked && skippable) given.push(verb('skipStep', 'go on without it', REASON));
  if (withdrawing !== undefined) return given;
  if (state?.uid)
    given.push(verb('reassign', 'give the task to another person', { email: 'them@example.com', ...REASON }));
  if (state?.due && ['waiting', 'overdue'].includes(state.status))
    given.push(verb('changeDue', 'move the due date', { due: `${state.due.slice(0, 16)}:00Z`, ...REASON }));
  // While it is being undone, what has failed can be retried or skipped, and nothing else.
  if (waiting && !decisions) return given;
  return [...given, verb('pause', 'begin nothing new, and stop the deadlines', REASON), withdraw];
}

const BY = { by: 'you@example.com' };
const REASON = { reason: '…', ...BY };

const verb = (name: string, meaning: string, argument: object): string =>
  `- **${name}**: ${meaning.replaceAll('_', String.raw`\_`)} \`${JSON.stringify(argument)}\``;
