/** What backends and operators ask of a claim, and what they are answered. */
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import {
  changeDueUpdate,
  pauseUpdate,
  reassignUpdate,
  resumeUpdate,
  retryStepUpdate,
  skipStepUpdate,
  withdrawUpdate,
} from '../../workflows/tasks/contract.js';
import type { ClaimOnStage } from '../time-skipping-stage.js';
import type { Command } from './commands.js';
import { DUE_MOVED_TO, decisionOf, noteOf, operator, type Reply } from './model.js';

const HOUR_MS = 3_600_000;

type Completion = Command & { do: 'complete' };

/** `now` is the server's time. @throws what is neither an answer nor a refusal. */
export function ask(claim: ClaimOnStage, command: Command, id: number, now: number): Promise<Reply> {
  return settled(command.do === 'complete' ? complete(claim, command, id) : steer(claim, command, id, now));
}

async function settled(asked: Promise<Reply>): Promise<Reply> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'refused';
    const { cause } = error as { cause?: unknown };
    if (error instanceof WorkflowUpdateFailedError && (cause as ApplicationFailure).type === 'Refused')
      return 'refused';
    throw error;
  }
}

async function steer({ handle }: ClaimOnStage, command: Command, id: number, now: number): Promise<Reply> {
  const verb = { reason: noteOf(id), by: operator(id) };
  const due = new Date(now + DUE_MOVED_TO * HOUR_MS).toISOString();
  if (command.do === 'withdraw') await handle.executeUpdate(withdrawUpdate, { args: [verb] });
  if (command.do === 'retry') await handle.executeUpdate(retryStepUpdate, { args: [verb] });
  if (command.do === 'skip') await handle.executeUpdate(skipStepUpdate, { args: [verb] });
  if (command.do === 'pause') await handle.executeUpdate(pauseUpdate, { args: [verb] });
  if (command.do === 'resume') await handle.executeUpdate(resumeUpdate, { args: [verb] });
  if (command.do === 'reassign')
    await handle.executeUpdate(reassignUpdate, { args: [{ ...verb, email: `no-${id}@example.com` }] });
  if (command.do === 'move due date') await handle.executeUpdate(changeDueUpdate, { args: [{ ...verb, due }] });
  return 'taken';
}

/** Taken where the answer says that the step is decided so; a withdrawal that came first answers otherwise. */
async function complete(claim: ClaimOnStage, { step, saying, by }: Completion, id: number): Promise<Reply> {
  const decision = decisionOf(step, saying);
  const { steps } = await claim.complete({ step, note: noteOf(id), decision, by });
  const past = steps.findLast((each) => each.step === step);
  return past?.status === 'done' && past.decision === decision ? 'taken' : 'refused';
}
