import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TaskActivities } from '../../activities/tasks.js';
import { fragmentActivity } from '../tasks/fragment-activities.js';
import type { Onboarding, OnboardingResult, OnboardingTask, OneTask } from './contract.js';

/**
 * Create and forget: each task is made once, however often this is retried; from then on Fragment owns it. However many
 * they are, it is one activity. A task that is refused costs the others nothing; the process fails where nothing was made.
 */
export async function onboarding(input: Onboarding): Promise<OnboardingResult> {
  const { userId, account } = input;
  const { upsertTasks } = proxyActivities<TaskActivities>(fragmentActivity(account));
  const wanted = new Map(tasksOf(input).map((task) => [task.key, task]));
  const { runId, firstExecutionRunId } = workflowInfo();
  const keys = [...wanted.keys()];
  // An empty list has nothing to ask of anybody.
  const outcomes =
    keys.length === 0
      ? []
      : await upsertTasks.executeWithOptions({ summary: `onboard ${userId}: ${keys.length} task(s)` }, [
          { tasks: [...wanted.values()].map((task) => upsert(userId, task)), mayExist: runId !== firstExecutionRunId },
        ]);

  const result: OnboardingResult = { userId, tasks: [], refused: [] };
  for (const [at, { uid, refused: reason }] of outcomes.entries()) {
    const key = keys[at] as string;
    if (reason === undefined) result.tasks.push({ key, uid });
    else result.refused.push({ key, uid, reason });
  }
  if (isOne(input)) result.uid = result.tasks[0]?.uid;
  const [first] = result.refused;
  if (first && result.tasks.length === 0)
    throw ApplicationFailure.nonRetryable(first.reason, 'FragmentRejected', result);
  return result;
}

/** The key of the only task, which has none of its own. */
const ONLY = '';

function tasksOf(input: Onboarding): OnboardingTask[] {
  if (!isOne(input)) return input.tasks;
  const { userId, title = `Onboard ${userId}`, url, fields } = input;
  return [{ key: ONLY, title, fields, ...(url ? { url } : {}) }];
}

function upsert(userId: string, { key, title, url, fields }: OnboardingTask) {
  const own = { process: 'onboarding', step: 'onboarding', round: 1, user_id: userId };
  return {
    key: key === ONLY ? `onboarding#${userId}` : `onboarding#${userId}#${key}`,
    fields: { ...fields, title, ...(url ? { url } : {}), ...own, workflow_id: workflowInfo().workflowId },
  };
}

const isOne = (input: Onboarding): input is OneTask => !('tasks' in input);
