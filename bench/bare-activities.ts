import { activityInfo } from '@temporalio/activity';

/** `opened` is told of each workflow that from now on waits for a signal. */
export function createBareActivities(opened: (workflowId: string) => void) {
  return {
    open(): Promise<void> {
      opened(activityInfo().workflowExecution?.workflowId as string);
      return Promise.resolve();
    },
    nothing(): Promise<void> {
      return Promise.resolve();
    },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;
