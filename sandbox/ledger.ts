import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Journal, JournalEntry } from './journal.js';

/** Which claims the ledger refuses, or leaves without an answer. */
export const ledgerRulesSchema = z.strictObject({
  refuse: z
    .union([z.array(z.string()), z.literal('none')])
    .default('none')
    .describe('claim ids that are always declined (402)'),
  refuseOnce: z.array(z.string()).default([]).describe('claim ids that are declined the first time'),
  timeoutOnce: z.array(z.string()).default([]).describe('claim ids whose first request is applied and never answered'),
  rulesApplyTo: z.enum(['payment', 'reservation', 'both']).default('payment'),
});
export type LedgerRules = z.infer<typeof ledgerRulesSchema>;
export type LedgerRulesInput = z.input<typeof ledgerRulesSchema>;

export interface Reservation {
  id: string;
  claim_id: string;
  amount: number;
  currency: string;
  status: 'reserved' | 'released' | 'captured';
  created_at: string;
}

export interface Payment {
  id: string;
  claim_id: string;
  reservation_id: string | null;
  amount: number;
  currency: string;
  status: 'paid' | 'refunded';
  created_at: string;
}

/** Never 409, by which payment providers say that a call with the same key is under way: that one is worth asking again. */
export interface Answer {
  status: 200 | 400 | 402 | 404 | 422;
  body: object;
}

export interface KeptAnswer {
  request: string;
  answer: Answer;
}

export type Order = Pick<Payment, 'claim_id' | 'amount' | 'currency'> & { reservation_id?: string | undefined };

const no = (status: Answer['status'], code: string, message: string): Answer => ({ status, body: { code, message } });

/** A stand-in for the payment provider: reservations and payments in minor units, each key applied once. */
export class Ledger {
  readonly rules: LedgerRules;
  readonly #reservations = new Map<string, Reservation>();
  readonly #payments = new Map<string, Payment>();
  readonly #answers = new Map<string, KeptAnswer>();
  #unwritten: JournalEntry[] = [];

  constructor(
    private readonly journal: Journal,
    rules: LedgerRulesInput = {},
    private readonly now: () => number = Date.now,
  ) {
    this.rules = ledgerRulesSchema.parse(rules);
    for (const entry of journal.past) {
      if (entry.kind === 'reservation') this.#reservations.set(entry.value.id, entry.value);
      if (entry.kind === 'payment') this.#payments.set(entry.value.id, entry.value);
      if (entry.kind === 'answer') this.#answers.set(entry.key, entry.value);
    }
  }

  reservations = (): Reservation[] => [...this.#reservations.values()];
  payments = (): Payment[] => [...this.#payments.values()];

  /**
   * Runs `work` once for each key. A refusal by rule (402) is not kept, unlike with some providers: nothing happened, and the
   * same key may be tried again once the reason is gone.
   */
  once(key: string, request: string, work: () => Answer): Answer {
    const known = this.#answers.get(key);
    if (known && known.request !== request)
      return no(422, 'key_reused', `Idempotency-Key ${key} was used for another request`);
    if (known) return known.answer;
    this.#unwritten = [];
    const answer = work();
    if (answer.status === 402) return answer;
    const value = { request, answer };
    this.#answers.set(key, value);
    // With what it did: money that moved under a key that is not known would move again.
    this.journal.append(...this.#unwritten, { kind: 'answer', key, value });
    return answer;
  }

  reserve(order: Order): Answer {
    if (this.#declines(order.claim_id, 'reservation'))
      return no(402, 'declined', `reservation for ${order.claim_id} declined`);
    const { claim_id, amount, currency } = order;
    return this.#saveReservation({
      id: randomUUID(),
      claim_id,
      amount,
      currency,
      status: 'reserved',
      created_at: this.#at(),
    });
  }

  release(id: string): Answer {
    const reservation = this.#reservations.get(id);
    if (!reservation) return no(404, 'not_found', `no reservation ${id}`);
    if (reservation.status === 'captured')
      return no(422, 'captured', `reservation ${id} is paid; refund the payment instead`);
    return this.#saveReservation({ ...reservation, status: 'released' });
  }

  pay(order: Order): Answer {
    const { claim_id, amount, currency, reservation_id } = order;
    const reservation = reservation_id === undefined ? undefined : this.#reservations.get(reservation_id);
    if (reservation_id !== undefined) {
      if (!reservation) return no(404, 'not_found', `no reservation ${reservation_id}`);
      if (reservation.status !== 'reserved')
        return no(422, reservation.status, `reservation ${reservation_id} is ${reservation.status}`);
      const fits =
        reservation.claim_id === claim_id && reservation.currency === currency && amount <= reservation.amount;
      if (!fits) return no(422, 'mismatch', `the payment does not fit reservation ${reservation_id}`);
    }
    if (this.#declines(claim_id, 'payment')) return no(402, 'declined', `payment for ${claim_id} declined`);
    if (reservation) this.#saveReservation({ ...reservation, status: 'captured' });
    const payment = { id: randomUUID(), claim_id, reservation_id: reservation_id ?? null, amount, currency };
    return this.#savePayment({ ...payment, status: 'paid', created_at: this.#at() });
  }

  refund(id: string): Answer {
    const payment = this.#payments.get(id);
    if (!payment) return no(404, 'not_found', `no payment ${id}`);
    return this.#savePayment({ ...payment, status: 'refunded' });
  }

  /** True once for each claim that is listed in `timeoutOnce`. */
  swallowsAnswer(claimId: string, kind: 'payment' | 'reservation'): boolean {
    return this.#applies(kind) && strike(this.rules.timeoutOnce, claimId);
  }

  #declines(claimId: string, kind: 'payment' | 'reservation'): boolean {
    if (!this.#applies(kind)) return false;
    return (
      (this.rules.refuse !== 'none' && this.rules.refuse.includes(claimId)) || strike(this.rules.refuseOnce, claimId)
    );
  }

  #applies = (kind: 'payment' | 'reservation'): boolean =>
    this.rules.rulesApplyTo === 'both' || this.rules.rulesApplyTo === kind;
  #at = (): string => new Date(this.now()).toISOString();

  #saveReservation(value: Reservation): Answer {
    this.#reservations.set(value.id, value);
    this.#unwritten.push({ kind: 'reservation', value });
    return { status: 200, body: value };
  }

  #savePayment(value: Payment): Answer {
    this.#payments.set(value.id, value);
    this.#unwritten.push({ kind: 'payment', value });
    return { status: 200, body: value };
  }
}

function strike(list: string[], item: string): boolean {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
