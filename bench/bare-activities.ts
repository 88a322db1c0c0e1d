import { activityInfo } from '@temporalio/activity';
import type { PaymentActivities } from '../activities/payments.js';
import type { FragmentClient } from '../fragment/client.js';
import { taskUid } from '../fragment/uid.js';

interface Parts {
  /** Told of each workflow that from now on waits for a signal. */
  opened: (workflowId: string) => void;
  client: FragmentClient;
  payments: PaymentActivities;
}

/** Activities that do nothing, or, asked `byHand`, make the one request that a claim's activity makes. */
export function createBareActivities({ opened, client, payments }: Parts) {
  const workflowId = () => activityInfo().workflowExecution?.workflowId as string;
  return {
    async open(step: string, byHand: boolean): Promise<void> {
      const id = workflowId();
      if (byHand) await client.putTask(taskUid(`${id}#${step}`), { fields: { title: `${step}: ${id}`, step } });
      opened(id);
    },
    async record(step: string, byHand: boolean): Promise<void> {
      const id = workflowId();
      if (!byHand) return;
      await client.putTask(taskUid(`${id}#${step}`), { fields: { title: `${step}: ${id}`, step }, status: 'DONE' });
    },
    async pay(byHand: boolean): Promise<void> {
      const { activityId } = activityInfo();
      const claimId = `${workflowId()}-${activityId}`;
      if (byHand) await payments.pay({ claimId, amount: 80_000, currency: 'USD', attempt: 1 });
    },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;
