import { ApplicationFailure } from '@temporalio/common';

export interface Sum {
  orderId: string;
  /** Minor units. */
  amount: number;
  currency: string;
}

/**
 * Each call carries an idempotency key made from the order, so however often Temporal repeats it after a crash or a lost
 * answer, it has its effect once. A refusal ends the activity; everything else is tried again.
 */
export function createBankActivities(access: { url: string; token: string }) {
  const reserve = (sum: Sum) => post('/reservations', `refund-${sum.orderId}-reserve`, orderOf(sum));

  return {
    reserve,

    /** Asked again with the same key, the bank answers with the reservation that there is: whoever lost its id has it then. */
    async release(sum: Sum): Promise<void> {
      const reservation = await reserve(sum);
      await post(`/reservations/${reservation}/release`, `refund-${sum.orderId}-release`, {});
    },

    /** A refused payment moved no money, so that an operator's next attempt may have a key of its own. */
    payBack({ attempt, reservation, ...sum }: Sum & { attempt: number; reservation: string }): Promise<string> {
      return post('', `refund-${sum.orderId}-pay-${attempt}`, { ...orderOf(sum), reservation_id: reservation });
    },

    async takeBack({ orderId, payment }: { orderId: string; payment: string }): Promise<void> {
      await post(`/${payment}/refund`, `refund-${orderId}-take-back`, {});
    },
  };

  async function post(path: string, key: string, body: object): Promise<string> {
    const answer = await fetch(`${access.url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        Authorization: `Bearer ${access.token}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok) return ((await answer.json()) as { id: string }).id;
    const reason = `the bank answered ${answer.status} to ${path || 'a payment'}`;
    // Not 409, by which a bank says that a call with the same key is under way: paid by hand, it would be paid twice.
    throw [400, 402, 404, 422].includes(answer.status)
      ? ApplicationFailure.nonRetryable(reason, 'BankRefused')
      : ApplicationFailure.retryable(reason);
  }
}

/** The ledger of the sandbox calls it a claim. */
const orderOf = ({ orderId, amount, currency }: Sum) => ({ claim_id: orderId, amount, currency });

export type BankActivities = ReturnType<typeof createBankActivities>;
