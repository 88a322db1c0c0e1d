import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TaskActivities } from '../../activities/tasks.js';
import { fragmentActivity } from '../tasks/fragment-activities.js';
import type { Onboarding, OnboardingResult } from './contract.js';

/** Create and forget: the task is made once, however often this is retried; from then on Fragment owns it. */
export async function onboarding({ userId, title, url, fields, account }: Onboarding): Promise<OnboardingResult> {
  const { openTask } = proxyActivities<TaskActivities>(fragmentActivity(account));
  const { runId, firstExecutionRunId, workflowId } = workflowInfo();
  const { uid } = await openTask.executeWithOptions({ summary: `onboard ${userId}` }, [
    {
      key: `onboarding#${userId}`,
      process: 'onboarding',
      step: 'onboarding',
      round: 1,
      fields: {
        ...fields,
        title: title ?? `Onboard ${userId}`,
        ...(url ? { url } : {}),
        process: 'onboarding',
        step: 'onboarding',
        round: 1,
        user_id: userId,
        workflow_id: workflowId,
      },
      mayExist: runId !== firstExecutionRunId,
    },
  ]);
  return { userId, uid };
}
