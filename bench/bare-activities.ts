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
  const put = (step: string, status?: 'DONE') => {
    const id = workflowId();
    return client.putTask(taskUid(`${id}#${step}`), { fields: { title: `${step}: ${id}`, step }, status });
  };
  return {
    async open(step: string, byHand: boolean): Promise<void> {
      if (byHand) await put(step);
      opened(workflowId());
    },
    async record(step: string, byHand: boolean): Promise<void> {
      if (byHand) await put(step, 'DONE');
    },
    async pay(byHand: boolean): Promise<void> {
      // An idempotency key for each of the two calls.
      const claimId = `${workflowId()}-${activityInfo().activityId}`;
      if (byHand) await payments.pay({ claimId, amount: 80_000, currency: 'USD', attempt: 1 });
    },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;
