import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TaskActivities } from '../../activities/tasks.js';
import { FRAGMENT_QUEUE } from '../tasks/contract.js';
import type { Onboarding, OnboardingResult } from './contract.js';

const { openTask } = proxyActivities<TaskActivities>({
  taskQueue: FRAGMENT_QUEUE,
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Create and forget: the task is made once, however often this is retried; from then on Fragment owns it. */
export async function onboarding({ userId, title, url, fields }: Onboarding): Promise<OnboardingResult> {
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
