import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { RECONCILE_WORKFLOW, reconcileId, type ReconcileInput } from '../workflows/account/reconcile-contract.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';

/** Makes the schedule, or gives the one that exists this interval and input; whether it is paused stays. */
export async function scheduleReconcile(client: Client, everyMs: number, input: ReconcileInput) {
  const scheduleId = reconcileId(input.account);
  const schedule = {
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE_WORKFLOW,
      workflowId: reconcileId(input.account),
      taskQueue: PROCESSES_QUEUE,
      args: [input],
      staticSummary: `Scheduled reconciliation with Fragment${input.account ? `, account ${input.account}` : ''}${input.dryRun ? ' (dry run)' : ''}`,
    },
    // A run that takes longer than the interval is not joined by a second one; one that was missed is not made up for.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  try {
    await client.schedule.create({ scheduleId, ...schedule });
    return { scheduleId, created: true };
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...schedule, state }));
    return { scheduleId, created: false };
  }
}

export async function unscheduleReconcile(client: Client, account?: string) {
  const scheduleId = reconcileId(account);
  try {
    await client.schedule.getHandle(scheduleId).delete();
    return { scheduleId, ended: true };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return { scheduleId, ended: false };
    throw error;
  }
}
