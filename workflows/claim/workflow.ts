import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { PaymentActivities } from '../../activities/payments.js';
import type { Answer } from '../tasks/contract.js';
import { TaskProcess } from '../tasks/process.js';
import type { PersonStep, StepResult } from '../tasks/step.js';
import { TaskSteps } from '../tasks/steps.js';
import {
  CLAIM_WORKFLOW,
  claimOutcomeKey,
  claimStepKey,
  claimTaskKey,
  type ClaimInput,
  type ClaimResult,
  type ClaimStep,
} from './contract.js';
import { formatMoney } from './money.js';

const payments = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

type Verdict = Pick<ClaimResult, 'outcome' | 'reason' | 'reference'>;

const DECISIONS = ['approve', 'reject', 'request_info'];
const TITLES: Record<ClaimStep, string> = {
  data_entry: 'Enter the data of',
  review: 'Review',
  approval: 'Approve',
  payment: 'Pay',
};

/** A health insurance claim: data entry, review, approval from the policy's threshold upwards, payment. */
export async function claim(input: ClaimInput): Promise<ClaimResult> {
  const { lifecycle, policy } = input;
  const { id, total } = input.claim;
  const process = new TaskProcess({ stepKey: claimStepKey, taskUrl: policy.taskUrl });
  const steps = new TaskSteps(process, { process: CLAIM_WORKFLOW, key: claimTaskKey(id), lifecycle });
  let round = 1;
  let asked: string | undefined;

  const ending = await process.run(async (): Promise<Verdict> => {
    for (; ; round += 1) {
      const remark = round > 1 ? `Round ${round}: ${asked ?? 'more information is needed'}` : undefined;
      await steps.person({ ...task('data_entry'), remark, skippable: true });

      const review = await steps.person({ ...task('review'), decisions: DECISIONS });
      asked = review.note;
      if (review.decision === 'request_info') continue;
      if (review.decision === 'reject') return { outcome: 'rejected', reason: review.note };
      if (total.amount < policy.approvalFrom) return pay();

      const approval = await steps.person({
        ...task('approval'),
        decisions: DECISIONS,
        objection: fourEyes(review.by),
      });
      if (!approval.by || !review.by) {
        process.audit({ what: 'four eyes not verifiable', source: 'engine', step: 'approval' });
      }
      asked = approval.note;
      if (approval.decision === 'request_info') continue;
      if (approval.decision === 'reject') return { outcome: 'rejected', reason: approval.note };
      return pay();
    }
  });

  const verdict: Verdict = 'withdrawn' in ending ? { outcome: 'withdrawn', reason: ending.withdrawn } : ending.value;
  await process.end(verdict.outcome, claimOutcomeKey);
  return { claimId: id, ...verdict, rounds: round, tasks: [...steps.created] };

  /** By the provider where there is one, else by a person; either way the task shows it. */
  async function pay(): Promise<Verdict> {
    let reservation: { id: string } | undefined;
    let payment: { id: string } | undefined;
    process.saga.add('releasing the reserved amount', async () => {
      if (reservation && !payment) await payments.releasePayment({ claimId: id, reservationId: reservation.id });
    });
    process.saga.add('refunding the payment', async () => {
      if (payment) await payments.refundPayment({ claimId: id, paymentId: payment.id });
    });

    const amount = { claimId: id, ...total };
    const reserve = (attempt: number) => payments.reservePayment({ ...amount, attempt });
    const first = await settled(() => CancellationScope.nonCancellable(() => reserve(1)));
    if (first.value) reservation = first.value;
    if (first.value === null) return paid(await steps.person({ ...task('payment'), skippable: true }));

    return paid(
      await steps.machine({
        ...task('payment'),
        skippable: true,
        refused: isRefusal,
        work: async (attempt) => {
          if (attempt === 1 && first.refusal) throw first.refusal;
          reservation ??= (await reserve(attempt)) ?? undefined;
          payment = await payments.pay({ ...amount, reservationId: reservation?.id, attempt });
          return payment.id;
        },
      }),
    );
  }

  async function paid({ skipped, note, reference, work }: StepResult): Promise<Verdict> {
    if (!skipped) return { outcome: 'paid', reference: reference ?? (work as string | undefined) };
    await process.undo(`not paid: ${note}`);
    return { outcome: 'failed', reason: note };
  }

  function task(name: ClaimStep): PersonStep {
    const shared = policy.allowList.filter((key) => input.claim[key] !== undefined && key !== 'id');
    return {
      step: name,
      round,
      title: `${TITLES[name]} claim ${id} (${formatMoney(total)})${round > 1 ? `, round ${round}` : ''}`,
      fields: {
        ...Object.fromEntries(shared.map((key) => [key, key === 'total' ? formatMoney(total) : input.claim[key]])),
        ...(input.claim.url ? { url: input.claim.url } : {}),
        claim_id: id,
      },
      deadline: policy.deadlines[name],
    };
  }

  /** The approver is not the reviewer. Who cannot be told apart passes, unless the policy is strict. */
  function fourEyes(reviewer: string | undefined) {
    return (_: Answer, approver: string | undefined): string | undefined => {
      if (reviewer && approver) {
        return reviewer === approver ? 'The approval has to be made by another person than the review.' : undefined;
      }
      return policy.fourEyes === 'strict'
        ? 'Assign the task to yourself first: it has to be known who approves.'
        : undefined;
    };
  }
}

/** What the work returned, or the provider's refusal; any other failure is thrown. */
async function settled<T>(work: () => Promise<T>): Promise<{ value?: T; refusal?: unknown }> {
  try {
    return { value: await work() };
  } catch (refusal) {
    if (!isRefusal(refusal)) throw refusal;
    return { refusal };
  }
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'PaymentRefused';
}
