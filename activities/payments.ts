import { ApplicationFailure, log } from '@temporalio/activity';
import { z } from 'zod';
import { boundedHttp, oneLine } from '../fragment/bounded-http.js';

/** The provider said no, for a reason that asking again does not change. */
export const PAYMENT_REFUSED = 'PaymentRefused';

export interface Payment {
  claimId: string;
  /**
   * Counts the operator's retries of a refusal, from 1. A provider repeats its answer for a key it has seen, and a
   * refused call moved no money, so a new key is safe.
   */
  attempt: number;
  /** Minor units. */
  amount: number;
  currency: string;
  reservationId?: string;
}

const TIMEOUT_MS = 20_000;

/**
 * As redirections and 5xx, 401, 403, 408, 425 and 429 speak of the connection, not of this payment. 409 says, at Stripe and
 * others, that a call with the same key is under way: taken for a refusal, people would pay what it pays, too.
 */
const PASSING = [401, 403, 408, 409, 425, 429];

const answerSchema = z.looseObject({ id: z.string().min(1).max(200) });
const refusalSchema = z.looseObject({ code: z.string().optional(), message: z.string().optional() });

/**
 * Money moves by calls that carry an idempotency key made from the claim alone, so however often Temporal repeats one
 * after a crash or a lost answer, it happens once.
 *
 * Without a provider, `reserve` answers null and payment is a person's step.
 */
export function createPaymentActivities(provider: { url: string; token?: string } | undefined) {
  const http = boundedHttp(TIMEOUT_MS, {});
  const post = async (path: string, idempotencyKey: string, body: unknown): Promise<unknown> => {
    const answer = await http
      .post(`${provider?.url.replace(/\/+$/, '')}${path}`, body, {
        headers: {
          'Idempotency-Key': idempotencyKey,
          ...(provider?.token ? { Authorization: `Bearer ${provider.token}` } : {}),
        },
      })
      .catch((error: { code?: string; message: string }) => {
        throw ApplicationFailure.retryable(`no answer from the payment provider: ${error.code ?? error.message}`);
      });
    if (answer.status >= 200 && answer.status < 300) return answer.data;
    const refusal = refusalSchema.safeParse(answer.data).data;
    const reason = oneLine(refusal?.message ?? refusal?.code ?? '') || 'no reason given';
    if (answer.status < 400 || answer.status >= 500 || PASSING.includes(answer.status)) {
      throw ApplicationFailure.retryable(`the payment provider answered ${answer.status}: ${reason}`);
    }
    throw ApplicationFailure.nonRetryable(
      `the payment provider refused (${answer.status}): ${reason}`,
      PAYMENT_REFUSED,
    );
  };

  return {
    /** Sets the amount aside. Null where no provider is configured. */
    async reservePayment({ claimId, amount, currency, attempt }: Payment): Promise<{ id: string } | null> {
      if (!provider) return null;
      const body = { claim_id: claimId, amount, currency };
      return madeBy('reserve', await post('/reservations', key(claimId, 'reserve', attempt), body));
    },

    async releasePayment({ claimId, reservationId }: { claimId: string; reservationId: string }): Promise<void> {
      await post(`/reservations/${encodeURIComponent(reservationId)}/release`, `claim-${claimId}-release`, {});
      log.info('payment reservation released', { claimId });
    },

    async pay({ claimId, amount, currency, reservationId, attempt }: Payment): Promise<{ id: string }> {
      const body = { claim_id: claimId, amount, currency, ...(reservationId ? { reservation_id: reservationId } : {}) };
      return madeBy('pay', await post('', key(claimId, 'pay', attempt), body));
    },

    async refundPayment({ claimId, paymentId }: { claimId: string; paymentId: string }): Promise<void> {
      await post(`/${encodeURIComponent(paymentId)}/refund`, `claim-${claimId}-refund`, {});
      log.info('payment refunded', { claimId });
    },
  };
}

/** What was made has to be named: nothing could be paid from it, or undone. Asked for again, as if there had been no answer. */
function madeBy(call: string, answer: unknown): { id: string } {
  const { data } = answerSchema.safeParse(answer);
  if (data) return { id: data.id };
  throw ApplicationFailure.retryable(
    `the payment provider's answer to ${call} has no id, a text of 200 characters at most`,
  );
}

function key(claimId: string, call: string, attempt: number): string {
  return attempt === 1 ? `claim-${claimId}-${call}` : `claim-${claimId}-${call}-${attempt}`;
}

export type PaymentActivities = ReturnType<typeof createPaymentActivities>;
