import { TaskProcess, TaskSteps } from '../../workflows/tasks/index.js';
import { KYC_REVIEW, kycStepKey, kycTaskKey, type KycInput, type KycResult } from './contract.js';

/** A customer's documents are checked again: collected, reviewed, and collected anew for as long as the review asks. */
export async function kycReview({ customerId, lifecycle, lead }: KycInput): Promise<KycResult> {
  const process = new TaskProcess({ stepKey: kycStepKey });
  const steps = new TaskSteps(process, { process: KYC_REVIEW, key: kycTaskKey(customerId), lifecycle });
  const fields = { customer_id: customerId };
  let round = 1;
  let missing: string | undefined;

  const ending = await process.run(async (): Promise<Omit<KycResult, 'rounds'>> => {
    for (; ; round += 1) {
      await steps.person({
        step: 'documents',
        round,
        title: `Collect the documents of customer ${customerId}`,
        fields,
        remark: missing && `Still missing: ${missing}`,
        deadline: { due: '10 days', remindBefore: '3 days', escalateAfter: '5 days' },
      });
      const review = await steps.person({
        step: 'review',
        round,
        title: `Review customer ${customerId}, round ${round}`,
        fields,
        decisions: ['clear', 'rework', 'block'],
        objection: ({ decision, data }) =>
          decision === 'rework' && !data?.missing ? 'Say which document is missing.' : undefined,
        deadline: { due: '2 days', escalateAfter: '1 day', escalateTo: lead },
      });
      if (review.decision === 'clear') return { outcome: 'cleared' };
      if (review.decision === 'block') return { outcome: 'blocked', reason: review.note };
      missing = String(review.data?.missing);
    }
  });

  const { outcome, reason }: Omit<KycResult, 'rounds'> =
    'withdrawn' in ending ? { outcome: 'withdrawn', reason: ending.withdrawn } : ending.value;
  await process.end(outcome);
  return { outcome, reason, rounds: round };
}
