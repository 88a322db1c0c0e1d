import { proxyActivities } from '@temporalio/workflow';
import type { PaymentActivities } from '../../activities/payments.js';
import { failureType } from '../tasks/fragment-task.js';
import { TaskProcess, messageOf } from '../tasks/process.js';
import type { PersonStep, StepResult } from '../tasks/step.js';
import { TaskSteps, isExhausted } from '../tasks/steps.js';
import {
  CLAIM_WORKFLOW,
  claimOutcomeKey,
  claimStepKey,
  claimTaskKey,
  type Claim,
  type ClaimInput,
  type ClaimResult,
  type ClaimStep,
} from './contract.js';
import { needsPerson, otherPerson, verifiable } from './four-eyes.js';
import { formatMoney } from './money.js';
import { straightPath, taskTitle } from './plan.js';

const patient = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});
/** Gives up after seconds, so that a provider that is down becomes visible in Fragment. */
const brisk = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/** Asks the provider for one thing, and keeps its answer. Asked again, it is under the same idempotency key. */
type Call = (by: typeof brisk) => Promise<void>;
type Verdict = Pick<ClaimResult, 'outcome' | 'reason' | 'reference'>;

const DECISIONS = ['approve', 'reject', 'request_info'];
const CORRECTABLE = ['type', 'priority', 'created', 'patient', 'provider'] as const;

/** A health insurance claim: data entry, review, approval from the policy's threshold upwards, payment. */
export async function claim(input: ClaimInput): Promise<ClaimResult> {
  const { lifecycle, policy, account } = input;
  const { id, total } = input.claim;
  const path = straightPath(input.claim, policy);
  const process = new TaskProcess({ stepKey: claimStepKey, taskUrl: policy.taskUrl, path });
  const steps = new TaskSteps(process, { process: CLAIM_WORKFLOW, key: claimTaskKey(id), lifecycle, account });
  let round = 1;
  let asked: string | undefined;
  /** By data entry, round after round; what a round leaves out stays as it was. */
  let corrected: Record<string, unknown> = {};

  const ending = await process.run(async (): Promise<Verdict> => {
    for (; ; round += 1) {
      const remark = round > 1 ? `Round ${round}: ${asked ?? 'more information is needed'}` : undefined;
      const entry = await steps.person({ ...task('data_entry'), remark, skippable: true });
      corrected = { ...corrected, ...entry.corrections };

      const review = await steps.person({
        ...task('review'),
        decisions: DECISIONS,
        objection: (_, who) => needsPerson(policy, who),
      });
      asked = review.note;
      if (review.decision === 'request_info') continue;
      if (review.decision === 'reject') return { outcome: 'rejected', reason: review.note };
      if (!path.includes('approval')) return pay();

      const approval = await steps.person({
        ...task('approval'),
        decisions: DECISIONS,
        objection: (_, who) => otherPerson(policy, review, who),
      });
      if (!verifiable(review, approval)) {
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
    /** What the provider was asked and has not answered: it may have done it all the same. */
    let unanswered: Call | undefined;
    process.saga.add('releasing the reserved amount', async () => {
      if (reservation && !payment) await release();
    });
    process.saga.add('refunding the payment', async () => {
      // The same key again: the answer tells what there is to undo, a refusal that there is nothing.
      if (unanswered) await settled(() => ask(unanswered as Call, patient));
      if (payment) await refund(patient);
    });

    const amount = { claimId: id, ...total };
    if (!process.mayGoOn) await process.ready();
    let provider = true;
    const first = await settled(() => process.shield.run(() => ask(reserve(1), brisk)));
    if (!provider) return paid(await steps.person({ ...task('payment'), skippable: true }));

    const result = await steps.machine({
      ...task('payment'),
      skippable: true,
      refused: isRefusal,
      by: 'payment provider',
      work: async (attempt, patience) => {
        if (attempt === 1 && patience === 'brisk' && first.failure) throw first.failure;
        const by = patience === 'brisk' ? brisk : patient;
        if (!reservation) await ask(reserve(attempt), by);
        await ask(order(attempt), by);
        return payment?.id;
      },
    });
    if (result.source !== 'engine' && !result.skipped) await process.shield.run(giveBack);
    return paid(result);

    /** Paid by hand: what the provider has paid as well is taken back, and what it has set aside is free again. */
    async function giveBack(): Promise<void> {
      // Without an answer it may have done it all the same: the same key again tells. An operator sees where it does not.
      if (unanswered) await process.undoNow('asking the provider what it has done', () => answered(unanswered as Call));
      if (payment) return process.undoNow('refunding what the provider paid as well', () => refund(brisk));
      if (!reservation) return;
      const { failure } = await settled(release);
      // The payment by hand stands.
      if (!failure) return;
      process.audit({ what: 'reservation not released', step: 'payment', source: 'engine', why: messageOf(failure) });
    }

    /** A refusal is an answer. */
    async function answered(call: Call): Promise<void> {
      await ask(call, brisk).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
    }

    async function refund(by: typeof brisk): Promise<void> {
      const what = { claimId: id, paymentId: (payment as { id: string }).id };
      await by.refundPayment.executeWithOptions({ summary: 'refund the payment' }, [what]);
    }

    async function release(): Promise<void> {
      const what = { claimId: id, reservationId: (reservation as { id: string }).id };
      await patient.releasePayment.executeWithOptions({ summary: 'release the reserved amount' }, [what]);
    }

    async function ask(call: Call, by: typeof brisk): Promise<void> {
      unanswered = call;
      try {
        await call(by);
        unanswered = undefined;
      } catch (error) {
        if (!isExhausted(error)) unanswered = undefined;
        throw error;
      }
    }

    function reserve(attempt: number): Call {
      const summary = `reserve ${formatMoney(total)}`;
      return async (by) => {
        const answer = await by.reservePayment.executeWithOptions({ summary }, [{ ...amount, attempt }]);
        if (answer) reservation = answer;
        else provider = false;
      };
    }

    function order(attempt: number): Call {
      const summary = `pay ${formatMoney(total)}`;
      const what = { ...amount, reservationId: reservation?.id, attempt };
      return async (by) => void (payment = await by.pay.executeWithOptions({ summary }, [what]));
    }
  }

  async function paid({ skipped, note, reference, work }: StepResult): Promise<Verdict> {
    if (!skipped) return { outcome: 'paid', reference: reference ?? (work as string | undefined) };
    await process.undo(`not paid: ${note}`);
    return { outcome: 'failed', reason: note };
  }

  function task(name: ClaimStep): PersonStep {
    const known = { ...input.claim, ...shown(corrected) };
    const shared = policy.allowList.filter((key) => known[key] !== undefined && key !== 'id');
    return {
      step: name,
      round,
      title: taskTitle(name, input.claim, round),
      fields: {
        ...Object.fromEntries(shared.map((key) => [key, key === 'total' ? formatMoney(total) : known[key]])),
        ...(known.url ? { url: known.url } : {}),
        claim_id: id,
      },
      deadline: { ...policy.deadlines[name], ...(policy.calendar ? { calendar: policy.calendar } : {}) },
    };
  }
}

/** The corrections that later tasks show. The id and the amount are the backend's: they decide what is paid. */
function shown(corrections: Record<string, unknown>): Partial<Claim> {
  return Object.fromEntries(
    CORRECTABLE.filter((key) => typeof corrections[key] === 'string').map((key) => [key, corrections[key]]),
  );
}

/** The provider's refusal, or that the call gave up for now; any other failure is thrown. */
async function settled(work: () => Promise<void>): Promise<{ failure?: unknown }> {
  try {
    await work();
    return {};
  } catch (failure) {
    if (!isRefusal(failure) && !isExhausted(failure)) throw failure;
    return { failure };
  }
}

const isRefusal = (error: unknown): boolean => failureType(error) === 'PaymentRefused';
