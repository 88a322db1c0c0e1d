import { proxyActivities } from '@temporalio/workflow';
import { failureType, TaskProcess, TaskSteps, type PersonStep } from '../../workflows/tasks/index.js';
import type { BankActivities } from './bank.js';
import { REFUND, refundStepKey, refundTaskKey, type RefundInput, type RefundResult } from './contract.js';

const bank = {
  /** Gives up after seconds: the step's task is then shown in Fragment while `patient` goes on. */
  brisk: proxyActivities<BankActivities>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 3 } }),
  patient: proxyActivities<BankActivities>({ startToCloseTimeout: '1 minute' }),
};

/** Somebody requests a refund, another one approves it, the bank pays it back. */
export async function refund({ orderId, currency, lifecycle }: RefundInput): Promise<RefundResult> {
  const process = new TaskProcess({ stepKey: refundStepKey });
  const steps = new TaskSteps(process, { process: REFUND, key: refundTaskKey(orderId), lifecycle });
  const deadline = { due: '2 days', escalateAfter: '1 day' } as const;
  const shared = { round: 1, fields: { order_id: orderId }, deadline };
  const task = (step: string, title: string): PersonStep => ({ ...shared, step, title });

  const ending = await process.run(async (): Promise<RefundResult> => {
    const request = await steps.person({
      ...task('request', `Request the refund of order ${orderId}`),
      objection: ({ data }) => (Number(data?.amount) > 0 ? undefined : 'Say how much is to be paid back.'),
    });
    const sum = { orderId, amount: Number(request.data?.amount), currency };

    let payment: string | undefined;
    const reservation = await process.effect(() => bank.patient.reserve(sum), {
      what: 'releasing the reserved amount',
      undo: async () => void (payment ?? (await bank.patient.release(sum))),
    });

    const approval = await steps.person({
      ...task('approve', `Approve the refund of order ${orderId}: ${sum.amount / 100} ${currency}`),
      decisions: ['approve', 'reject'],
      objection: (_, { by }) => (by && by === request.by ? 'Another person has to approve it.' : undefined),
    });
    if (approval.decision === 'reject') {
      await process.undo(`rejected: ${approval.note ?? 'no reason given'}`);
      return { outcome: 'rejected', reason: approval.note };
    }

    /** What the bank was last asked. Its answer may be lost; asked again under the same key, it says what has become of it. */
    let order: Order | undefined;
    process.saga.add('taking the payment back', async () => {
      if (order) payment ??= await unlessRefused(bank.patient.payBack(order));
      if (payment) await bank.patient.takeBack({ orderId, payment });
    });
    const paid = await steps.machine({
      ...task('pay_back', `Pay back order ${orderId}`),
      by: 'the bank',
      work: async (attempt, patience) => {
        order = { ...sum, reservation, attempt };
        return (payment = await bank[patience].payBack(order));
      },
      refused: isRefusal,
    });
    return { outcome: 'paid_back', amount: sum.amount, reference: paid.reference ?? payment };
  });

  const result: RefundResult =
    'withdrawn' in ending ? { outcome: 'withdrawn', reason: ending.withdrawn } : ending.value;
  await process.end(result.outcome);
  return result;
}

type Order = Parameters<BankActivities['payBack']>[0];

const isRefusal = (error: unknown): boolean => failureType(error) === 'BankRefused';

/** Undefined where the bank refused: no money moved. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
